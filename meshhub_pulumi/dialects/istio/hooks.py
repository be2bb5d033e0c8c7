"""The points of Istio's objects where features' patches land."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from meshhub_pulumi.dialects.istio.groups import KINDS
from meshhub_pulumi.dialects.istio.route import matches_of
from meshhub_pulumi.model.gateway_rule import candidates
from meshhub_pulumi.model.host import sanitize
from meshhub_pulumi.model.manifest import ManifestKey
from meshhub_pulumi.model.plugin import DoorSite, Hook, HostSite, MemberSite, Place, RouteSite, ServiceSite
from meshhub_pulumi.model.view import Host, Role, View


def _key(cluster: str, kind: str, namespace: str, name: str) -> ManifestKey:
    return ManifestKey(cluster, KINDS[kind], kind, namespace, name)


def _gateway_namespaces(view: View, cluster: str) -> list[str]:
    """The namespaces of a cluster's gateways, of those too that its mesh leaves out.

    They serve nothing without a Gateway; but callers let go of one that is left out later than its cluster does.
    """
    return sorted({door.namespace for door in candidates(view.cluster(cluster))})


def export_to(view: View, host: Host) -> list[str] | None:
    """Who may see the objects of a host; None is everybody.

    What a cluster serves is for its gateway, which must be named: exported to its own namespace only, the gateway
    has no filter chain for it (503 for all). Istio refuses "." beside the object's own namespace.
    """
    if host.role is Role.EXPORT:
        return [".", *(ns for ns in _gateway_namespaces(view, host.cluster) if ns != host.namespace)]
    if host.role is Role.FAILOVER:
        return list(view.client_namespaces(host.cluster, host.namespace)) or None
    return None


def _of_host(site: HostSite, kind: str, path: tuple[Hashable, ...], name: str | None = None) -> Place:
    host = site.host
    exported = export_to(site.view, host)
    field = "hosts" if kind in ("ServiceEntry", "VirtualService") else "host"
    frame: dict[str, Any] = {field: [host.name] if field == "hosts" else host.name}
    if exported is not None:
        frame["exportTo"] = exported
    return Place(_key(site.cluster, kind, host.namespace, name or host.object_name), path, frame)


def _http_route(site: RouteSite) -> Place:
    place = _of_host(HostSite(site.cluster, site.view, site.host), "VirtualService", ("http", site.route))
    matches = matches_of(site.route)
    return Place(place.key, place.path, {**place.frame, "http": {site.route: {"match": matches} if matches else {}}})


HTTP_ROUTE = Hook("istio.http_route", RouteSite, _http_route)
"""A route of a host's VirtualService."""

TRAFFIC_POLICY = Hook(
    "istio.traffic_policy", HostSite, lambda site: _of_host(site, "DestinationRule", ("trafficPolicy",))
)
"""The traffic policy of a host's DestinationRule."""

SUBSETS = Hook("istio.subsets", HostSite, lambda site: _of_host(site, "DestinationRule", ("subsets",)))
"""The subsets of a host's DestinationRule, by name."""

SERVICE_ENTRY = Hook("istio.service_entry", HostSite, lambda site: _of_host(site, "ServiceEntry", ()))
"""The ServiceEntry of a host."""


def _remote_tiers(site: HostSite) -> Place:
    return _of_host(site, "ServiceEntry", (), f"{site.host.object_name}-remote")


REMOTE_TIERS = Hook("istio.remote_tiers", HostSite, _remote_tiers)
"""The second ServiceEntry of a failover host, which holds the other clusters' gateways."""


def _failover_filter(site: HostSite) -> Place:
    return Place(_key(site.cluster, "EnvoyFilter", site.host.namespace, site.host.object_name))


FAILOVER_FILTER = Hook("istio.failover_filter", HostSite, _failover_filter)
"""The EnvoyFilter that puts an aggregate in a failover host's place."""

EAST_WEST_GATEWAY = Hook(
    "istio.east_west_gateway",
    DoorSite,
    lambda site: Place(
        _key(site.cluster, "Gateway", site.gateway.namespace, sanitize(f"{site.gateway.name}-{site.gateway.namespace}"))
    ),
)
"""The Gateway of an east-west gateway."""

AUTHORIZATION = Hook(
    "istio.authorization",
    ServiceSite,
    lambda site: Place(
        _key(site.cluster, "AuthorizationPolicy", site.service.namespace, site.service.name),
        (),
        {"selector": {"matchLabels": dict(site.view.service(site.service).selector)}, "action": "ALLOW"},
    ),
)
"""The AuthorizationPolicy of a service's workloads; its rules by the policy that asks for them."""

GATEWAY_AUTHORIZATION = Hook(
    "istio.gateway_authorization",
    DoorSite,
    lambda site: Place(
        _key(
            site.cluster,
            "AuthorizationPolicy",
            site.gateway.namespace,
            f"allow-ingress-gateway-{sanitize(f'{site.gateway.name}-{site.gateway.namespace}')}",
        )
    ),
)
"""The AuthorizationPolicy that lets a gateway's traffic through."""

MEMBER_AUTHORIZATION = Hook(
    "istio.member_authorization",
    MemberSite,
    lambda site: Place(
        _key(
            site.cluster,
            "AuthorizationPolicy",
            site.view.cluster(site.cluster).istio_namespace,
            "global-access-control",
        )
    ),
)
"""The AuthorizationPolicy of a whole cluster."""

PEER_AUTHENTICATION = Hook(
    "istio.peer_authentication",
    MemberSite,
    lambda site: Place(
        _key(site.cluster, "PeerAuthentication", site.view.cluster(site.cluster).istio_namespace, "default")
    ),
)
"""The PeerAuthentication of a whole cluster."""
