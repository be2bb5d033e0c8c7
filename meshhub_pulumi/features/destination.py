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
        yield wrong_port(found, to.port, at)
    yield Reach(site.cluster, found.key, tuple(to.subset.items()), at)


def port_of(to: ServiceRef, service: FleetService, site: RouteSite) -> int | None:
    """The port that was asked for, else the one the request came for, else the only one there is."""
    if to.port is not None:
        return to.port if service.port(to.port) else None
    if site.route.port is not None and service.port(site.route.port):
        return site.route.port
    return service.ports[0].number if len(service.ports) == 1 else None


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
