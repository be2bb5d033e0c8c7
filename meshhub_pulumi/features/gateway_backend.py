"""Gateway backend: a destination as a route of the Gateway API names it, and what it cannot name.

It names Services and, as Istio's own kind `Hostname`, hosts that ServiceEntries make; no slices. Istio (1.31) looks for
a Hostname in the route's own namespace only: what lies elsewhere is called all the same, as a proxy knows it, but the
route's status says BackendNotFound, and a mirror there is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshhub_pulumi.dialects.gateway_api import hooks as gateway_api
from meshhub_pulumi.dialects.gateway_api.backend import backend
from meshhub_pulumi.features.destination import port_of
from meshhub_pulumi.features.unsayable import unsayable
from meshhub_pulumi.model.destination import Destination, FailoverRef
from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.fleet import ServiceKey
from meshhub_pulumi.model.plugin import Reach, RouteSite
from meshhub_pulumi.model.view import Host, Role


def named(to: Destination, site: RouteSite) -> dict[str, Any]:
    """The reference to a destination, by the host that the site's cluster calls."""
    if isinstance(to, FailoverRef):
        failover = site.view.failovers[to.namespace, to.failover_service]
        return backend(site.view.failover_host(failover, site.cluster), failover.port)
    assert to.cluster is not None
    key = ServiceKey(to.namespace, to.name, to.cluster)
    port = port_of(to, site.view.service(key), site)
    assert port is not None
    return backend(site.view.called_host(key, site.cluster), port)


def limits(reach: Reach, site: RouteSite, *, mirrored: bool = False) -> Iterator[Finding]:
    """What is lost of what a route sends to, where its cluster has routes of the Gateway API."""
    hook, at = gateway_api.HTTP_ROUTE, reach.owner
    if reach.subset:
        advice = "Give the slice a Service of its own and send there, or have the cluster's routes written for Istio."
        yield from unsayable("a slice of a service", hook, site, at.at(f"{at.path}.subset"), advice)
    host = _host(reach, site)
    if host.role is Role.LOCAL or host.namespace == site.host.namespace:
        return
    if mirrored:
        advice = f"Mirror to a service of {site.cluster}, or have the cluster's routes written for Istio."
        yield from unsayable(f"a mirror to {host.name}, of namespace {host.namespace},", hook, site, at, advice)
    elif hook in site.view.dialect_of[site.cluster].hooks:
        message = f"{host.name} lies in {host.namespace} of {site.cluster}, the route in {site.host.namespace}"
        yield finding("MH314", message, at)


def _host(reach: Reach, site: RouteSite) -> Host:
    to = reach.destination
    return (
        site.view.called_host(to, site.cluster)
        if isinstance(to, ServiceKey)
        else site.view.failover_host(to, site.cluster)
    )
