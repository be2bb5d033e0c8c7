"""Mirror: a copy of each request, or of some, goes to one more service, whose responses nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from meshhub_pulumi.dialects.gateway_api import hooks as gateway_api
from meshhub_pulumi.dialects.gateway_api.values import share
from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.features.destination import send, spelled
from meshhub_pulumi.features.gateway_backend import limits, named
from meshhub_pulumi.features.percentage import istio_percent, smh_percent, unsaid
from meshhub_pulumi.features.subset import SMH_JOINT
from meshhub_pulumi.model.destination import ServiceRef
from meshhub_pulumi.model.finding import Finding, Owner
from meshhub_pulumi.model.plugin import Feature, Patch, Produced, Reach, RouteSite, Whole
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.units import Percentage


class Mirror(MeshModel):
    """Copies of the requests go to `destination`, a service that says its cluster, any of the mesh's.

    `percentage` of the requests are copied (default: all; under `compat="smh-0.8"` none, as Service Mesh Hub 0.8 read
    it).
    """

    destination: ServiceRef = Field(kw_only=False)
    percentage: Percentage | None = None


def _check(mirror: Mirror, site: RouteSite, owner: Owner) -> Iterator[Finding]:
    yield from unsaid(mirror.percentage, site, owner)


def _refer(mirror: Mirror, site: RouteSite, owner: Owner) -> Iterator[Produced]:
    for found in send(mirror.destination, site, owner.at(f"{owner.path}.destination")):
        yield found
        if isinstance(found, Reach):
            yield from limits(found, site, mirrored=True)


def _istio(mirror: Mirror, site: RouteSite) -> Patch:
    destination = spelled(mirror.destination, site, "-", with_port=True)
    return {"mirror": Whole(destination), "mirrorPercentage": Whole(istio_percent(mirror.percentage))}


def _gateway_api(mirror: Mirror, site: RouteSite) -> Patch:
    filtered = {"backendRef": named(mirror.destination, site), **share(mirror.percentage)}
    return {"filters": {"RequestMirror": Whole(filtered)}}


def _smh(mirror: Mirror, site: RouteSite) -> Patch:
    destination = spelled(mirror.destination, site, SMH_JOINT, with_port=False)
    return {"mirror": Whole(destination), "mirrorPercentage": Whole(smh_percent(mirror.percentage))}


FEATURE = Feature(
    name="mirror",
    title="Mirroring",
    render={istio.HTTP_ROUTE: _istio, gateway_api.HTTP_ROUTE: _gateway_api, smh.HTTP_ROUTE: _smh},
    check=_check,
    refer=_refer,
)
