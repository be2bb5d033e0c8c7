"""Traffic shift: how the requests to a host are shared among destinations, in any cluster of the mesh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from meshhub_pulumi.dialects.gateway_api import hooks as gateway_api
from meshhub_pulumi.dialects.gateway_api.filters import filters
from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.features.destination import send, spelled
from meshhub_pulumi.features.gateway_backend import limits, named
from meshhub_pulumi.features.header_manipulation import HeaderManipulation, headers_of, modifiers_of
from meshhub_pulumi.features.lookup import find_failover
from meshhub_pulumi.features.subset import SMH_JOINT
from meshhub_pulumi.features.unsayable import lands
from meshhub_pulumi.model.destination import Destination, FailoverRef
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.host import subset_name
from meshhub_pulumi.model.plugin import Feature, Patch, Produced, Reach, RouteSite
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.units import Weight


class WeightedDestination(MeshModel):
    """A destination and its share in percent; the shares of one traffic shift sum to 100.

    `header_manipulation` is about the requests of this share and their responses. That of the policy comes after it:
    among several destinations none can append a header that the policy removes.
    """

    destination: Destination = Field(kw_only=False)
    weight: Weight
    header_manipulation: HeaderManipulation | None = None


def _refer(shares: Sequence[WeightedDestination], site: RouteSite, owner: Owner) -> Iterator[Produced]:
    total = sum(share.weight for share in shares)
    if total != 100:
        yield finding("MH105", f"the weights sum to {total}, not 100", owner)
    for index, share in enumerate(shares):
        if share.header_manipulation and not headers_of(share.header_manipulation):
            yield finding("MH112", "no header is named", owner.at(f"{owner.path}[{index}].header_manipulation"))
        at = owner.at(f"{owner.path}[{index}].destination")
        for found in _send(share.destination, site, at):
            yield found
            if isinstance(found, Reach):
                yield from limits(found, site)


def _send(to: Destination, site: RouteSite, at: Owner) -> Iterator[Produced]:
    if not isinstance(to, FailoverRef):
        yield from send(to, site, at)
    elif lands(site):
        found = find_failover(to, site.cluster, site.view, at)
        yield found if isinstance(found, Finding) else Reach(site.cluster, found, tuple(to.subset.items()), at)


def _istio(shares: Sequence[WeightedDestination], site: RouteSite) -> Patch:
    return {"route": [_share(share, site, "-", with_port=True) for share in shares]}


def _smh(shares: Sequence[WeightedDestination], site: RouteSite) -> Patch:
    several = site.route.port is not None
    return {"route": [_share(share, site, SMH_JOINT, with_port=several) for share in shares]}


def _gateway_api(shares: Sequence[WeightedDestination], site: RouteSite) -> Patch:
    return {"backendRefs": [_backend(share, site) for share in shares]}


def _backend(share: WeightedDestination, site: RouteSite) -> dict[str, Any]:
    modifiers = modifiers_of(share.header_manipulation) if share.header_manipulation else {}
    named_backend = {**named(share.destination, site), "weight": share.weight}
    return {**named_backend, **({"filters": filters(modifiers)} if modifiers else {})}


def _share(share: WeightedDestination, site: RouteSite, joint: str, *, with_port: bool) -> dict[str, Any]:
    to = share.destination
    if isinstance(to, FailoverRef):
        destination = _failover(to, site, joint)
    else:
        destination = spelled(to, site, joint, with_port=with_port)
    headers = headers_of(share.header_manipulation) if share.header_manipulation else {}
    return {"destination": destination, "weight": share.weight, **({"headers": headers} if headers else {})}


def _failover(to: FailoverRef, site: RouteSite, joint: str) -> dict[str, Any]:
    host = site.view.failovers[to.namespace, to.failover_service]
    subset = {"subset": subset_name(to.subset, joint)} if to.subset else {}
    return {"host": host.hostname, **subset, "port": {"number": host.port}}


FEATURE = Feature(
    name="traffic_shift",
    title="Weighted traffic shift",
    render={istio.HTTP_ROUTE: _istio, gateway_api.HTTP_ROUTE: _gateway_api, smh.HTTP_ROUTE: _smh},
    refer=_refer,
)
