"""Traffic shift: how the requests to a host are shared among destinations, in any cluster of the mesh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.features.lookup import find_failover, find_service, wrong_port
from meshhub_pulumi.features.subset import SMH_JOINT
from meshhub_pulumi.model.destination import Destination, FailoverRef, ServiceRef
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import FleetService, ServiceKey
from meshhub_pulumi.model.host import subset_name
from meshhub_pulumi.model.plugin import Feature, Patch, Produced, Reach, RouteSite
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.units import Weight


class WeightedDestination(MeshModel):
    """A destination and its share in percent; the shares of one traffic shift sum to 100."""

    destination: Destination = Field(kw_only=False)
    weight: Weight


def _refer(shares: Sequence[WeightedDestination], site: RouteSite, owner: Owner) -> Iterator[Produced]:
    total = sum(share.weight for share in shares)
    if total != 100:
        yield finding("MH105", f"the weights sum to {total}, not 100", owner)
    for index, share in enumerate(shares):
        at = owner.at(f"{owner.path}[{index}].destination")
        if isinstance(share.destination, FailoverRef):
            if _lands(site):
                yield from find_failover(share.destination, site.cluster, site.view, at)
            continue
        found = find_service(share.destination, site.view, at)
        if isinstance(found, Finding):
            yield found
            continue
        if _port(share.destination, found, site) is None:
            yield wrong_port(found, share.destination.port, at)
        yield Reach(site.cluster, found.key, tuple(share.destination.subset.items()), at)


def _lands(site: RouteSite) -> bool:
    """Whether the cluster's dialect has a place for this route; where it has none, nobody is sent anywhere."""
    return any(hook.place(site) for hook in site.view.dialect_of[site.cluster].hooks if hook.site is RouteSite)


def _port(to: ServiceRef, service: FleetService, site: RouteSite) -> int | None:
    """The port that was asked for, else the one the request came for, else the only one there is."""
    if to.port is not None:
        return to.port if service.port(to.port) else None
    if site.route.port is not None and service.port(site.route.port):
        return site.route.port
    return service.ports[0].number if len(service.ports) == 1 else None


def _istio(shares: Sequence[WeightedDestination], site: RouteSite) -> Patch:
    return {"route": [_share(share, site, "-", with_port=True) for share in shares]}


def _smh(shares: Sequence[WeightedDestination], site: RouteSite) -> Patch:
    several = site.route.port is not None
    return {"route": [_share(share, site, SMH_JOINT, with_port=several) for share in shares]}


def _share(share: WeightedDestination, site: RouteSite, joint: str, *, with_port: bool) -> dict[str, Any]:
    to = share.destination
    destination: dict[str, Any]
    if isinstance(to, FailoverRef):
        args = site.view.specs["FailoverService", to.namespace, to.failover_service].args
        destination = {"host": args.hostname, "port": {"number": args.port.number}}  # type: ignore[attr-defined]
    else:
        destination = _service(to, site, joint, with_port=with_port)
    return {"destination": destination, "weight": share.weight}


def _service(to: ServiceRef, site: RouteSite, joint: str, *, with_port: bool) -> dict[str, Any]:
    assert to.cluster is not None
    key = ServiceKey(to.namespace, to.name, to.cluster)
    destination: dict[str, Any] = {"host": site.view.host_name(key, site.cluster)}
    if to.subset:
        destination["subset"] = subset_name(to.subset, joint)
    if with_port or to.port is not None:
        destination["port"] = {"number": _port(to, site.view.service(key), site)}
    return destination


FEATURE = Feature(
    name="traffic_shift",
    title="Weighted traffic shift",
    render={istio.HTTP_ROUTE: _istio, smh.HTTP_ROUTE: _smh},
    refer=_refer,
)
