"""Destination: the service that a route sends to, its port, and how Istio spells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshhub_pulumi.features.lookup import find_service, wrong_port
from meshhub_pulumi.model.destination import ServiceRef
from meshhub_pulumi.model.finding import Finding, Owner
from meshhub_pulumi.model.fleet import FleetService, ServiceKey
from meshhub_pulumi.model.host import subset_name
from meshhub_pulumi.model.plugin import Produced, Reach, RouteSite


def send(to: ServiceRef, site: RouteSite, at: Owner) -> Iterator[Produced]:
    """The reach of a route that sends to a service, and what is wrong with it; `at` is where the service is named."""
    found = find_service(to, site.view, at)
    if isinstance(found, Finding):
        yield found
        return
    if port_of(to, found, site) is None:
        yield wrong_port(found, to.port or (site.route.port if found.only_port else None), at)
    yield Reach(site.cluster, found.key, tuple(to.subset.items()), at)


def port_of(to: ServiceRef, service: FleetService, site: RouteSite) -> int | None:
    """The port that was asked for, else the one the request came for, else the only one there is.

    The last not where it is another one of the ports that requests come for: it stands for that one.
    """
    known = _ports(service, site)
    if to.port is not None:
        return to.port if to.port in known else None
    if site.route.port in known:
        return site.route.port
    only = service.only_port.number if service.only_port else None
    return only if only not in _called(site) else None


def _ports(service: FleetService, site: RouteSite) -> set[int | None]:
    """The ports that a mesh can carry, and those that the site's dialect has routes for."""
    routed = site.view.dialect_of[site.cluster].route_ports(service)
    return {*(port.number for port in service.tcp_ports), *routed} - {None}


def _called(site: RouteSite) -> set[int | None]:
    """The ports of the service whose requests these are."""
    return _ports(site.view.service(site.host.serves), site) if site.host.serves and site.route.port else set()


def spelled(to: ServiceRef, site: RouteSite, joint: str, *, with_port: bool) -> dict[str, Any]:
    """Istio's Destination, by the host that the site's cluster calls; `joint` stands between a subset's labels.

    The port is left out where none was asked for and `with_port` is false.
    """
    assert to.cluster is not None
    key = ServiceKey(to.namespace, to.name, to.cluster)
    destination: dict[str, Any] = {"host": site.view.host_name(key, site.cluster)}
    if to.subset:
        destination["subset"] = subset_name(to.subset, joint)
    if with_port or to.port is not None:
        destination["port"] = {"number": port_of(to, site.view.service(key), site)}
    return destination
