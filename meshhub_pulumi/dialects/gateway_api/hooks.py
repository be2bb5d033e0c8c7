"""Where the parts of a host's routes land: in one HTTPRoute for each port of a host."""

from __future__ import annotations

from typing import Any, Final

from meshhub_pulumi.dialects.gateway_api.backend import backend
from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.istio.groups import KINDS, NETWORKING
from meshhub_pulumi.model.manifest import ManifestKey
from meshhub_pulumi.model.plugin import Hook, Place, RouteSite
from meshhub_pulumi.model.view import Host, Role

KIND: Final = "HTTPRoute"


def _http_route(site: RouteSite) -> Place | None:
    host, port = site.host, site.route.port
    if host.role is Role.FAILOVER or port is None:
        return None
    # a rule belongs to all parents of its route, and a backend has a port: so each port needs a route of its own
    key = ManifestKey(site.cluster, KINDS[KIND], KIND, host.namespace, f"{host.object_name}-{port}")
    frame = {"parentRefs": [_parent(host, port)], "itself": [backend(host, port)]}
    return Place(key, ("rules", site.route), {**frame, "rules": {site.route: {}}})


def _parent(host: Host, port: int) -> dict[str, Any]:
    """The object that stands for a host, in its own namespace: only there a route is for callers everywhere."""
    group, kind = ("", "Service") if host.role is Role.LOCAL else (NETWORKING, "ServiceEntry")
    return {"group": group, "kind": kind, "name": host.object_name, "port": port}


HTTP_ROUTE = Hook("gateway-api.http_route", RouteSite, _http_route)
"""A rule of the HTTPRoute of a host's port."""


def _failover_route(site: RouteSite) -> Place | None:
    return istio.HTTP_ROUTE.place(site) if site.host.role is Role.FAILOVER else None


FAILOVER_ROUTE = Hook("gateway-api.failover_route", RouteSite, _failover_route)
"""The route of a failover host, which stays a VirtualService: Gateway API knows no retries that leave a locality."""
