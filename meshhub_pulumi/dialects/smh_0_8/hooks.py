"""Where patches land in the objects that Service Mesh Hub 0.8 wrote."""

from __future__ import annotations

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.istio.groups import KINDS
from meshhub_pulumi.dialects.istio.route import match_of
from meshhub_pulumi.model.host import sanitize
from meshhub_pulumi.model.manifest import ManifestKey
from meshhub_pulumi.model.plugin import DoorSite, Hook, HostSite, MemberSite, Place, RouteSite
from meshhub_pulumi.model.view import Role

NAMESPACE = "service-mesh-hub"
"""Where the controller ran."""


def _http_route(site: RouteSite) -> Place | None:
    if site.host.role is not Role.LOCAL:
        return None  # policies held for callers in the destination's own cluster only, until 0.9.2
    key = ManifestKey(
        site.cluster, KINDS["VirtualService"], "VirtualService", site.host.namespace, site.host.object_name
    )
    match = match_of(site.route, presence={"exact": ""})
    frame = {"hosts": [site.host.name], "http": {site.route: {"match": [match]} if match else {}}}
    return Place(key, ("http", site.route), frame)


HTTP_ROUTE = Hook("smh-0.8.http_route", RouteSite, _http_route)


def _about_host(site: HostSite, kind: str) -> ManifestKey | None:
    """Objects about a failover host were named after its spec, and lay beside the controller."""
    if site.host.role is Role.EXPORT:
        return None
    namespace, name = site.host.namespace, site.host.object_name
    if site.host.role is Role.FAILOVER:
        namespace, name = NAMESPACE, site.host.spec_name
    return ManifestKey(site.cluster, KINDS[kind], kind, namespace, name)


def _destination_rule(site: HostSite) -> Place | None:
    key = _about_host(site, "DestinationRule")
    return Place(key, (), {"host": site.host.name}) if key else None


def _traffic_policy(site: HostSite) -> Place | None:
    place = _destination_rule(site) if site.host.role is Role.LOCAL else None
    return place and Place(place.key, ("trafficPolicy",), place.frame)


def _subsets(site: HostSite) -> Place | None:
    place = _destination_rule(site)
    return place and Place(place.key, ("subsets",), place.frame)


DESTINATION_RULE = Hook("smh-0.8.destination_rule", HostSite, _destination_rule)
TRAFFIC_POLICY = Hook("smh-0.8.traffic_policy", HostSite, _traffic_policy)
SUBSETS = Hook("smh-0.8.subsets", HostSite, _subsets)


def _service_entry(site: HostSite) -> Place | None:
    key = _about_host(site, "ServiceEntry")
    return Place(key, (), {"hosts": [site.host.name]}) if key else None


SERVICE_ENTRY = Hook("smh-0.8.service_entry", HostSite, _service_entry)


def _mesh_object(site: DoorSite, kind: str, joint: str) -> Place | None:
    reachable = [door.key for door in site.view.doors[site.cluster] if door.addresses]
    if reachable[:1] != [site.door]:
        return None  # it knew one gateway for each cluster
    mesh = site.view.mesh_of[site.cluster]
    name = f"{mesh.name}{joint}{mesh.namespace}"
    namespace = site.view.cluster(site.cluster).istio_namespace
    return Place(ManifestKey(site.cluster, KINDS[kind], kind, namespace, sanitize(name, keep=joint)))


EAST_WEST_GATEWAY = Hook("smh-0.8.gateway", DoorSite, lambda site: _mesh_object(site, "Gateway", "-"))
GATEWAY_FILTER = Hook("smh-0.8.gateway_filter", DoorSite, lambda site: _mesh_object(site, "EnvoyFilter", "."))


def _failover_filter(site: HostSite) -> Place | None:
    if site.host.role is not Role.FAILOVER:
        return None
    namespace = site.view.cluster(site.cluster).istio_namespace
    return Place(ManifestKey(site.cluster, KINDS["EnvoyFilter"], "EnvoyFilter", namespace, site.host.spec_name))


FAILOVER_FILTER = Hook("smh-0.8.failover_filter", HostSite, _failover_filter)


def _gateway_authorization(site: DoorSite) -> Place:
    addresses = [address for address in site.gateway.addresses if isinstance(address, str)]
    name = f"allow-ingress-gateway-{sanitize(addresses[0] if addresses else site.gateway.name)}"
    namespace = site.view.cluster(site.cluster).istio_namespace
    return Place(ManifestKey(site.cluster, KINDS["AuthorizationPolicy"], "AuthorizationPolicy", namespace, name))


GATEWAY_AUTHORIZATION = Hook("smh-0.8.gateway_authorization", DoorSite, _gateway_authorization)
MEMBER_AUTHORIZATION = Hook("smh-0.8.member_authorization", MemberSite, istio.MEMBER_AUTHORIZATION.place)
AUTHORIZATION = Hook("smh-0.8.authorization", istio.AUTHORIZATION.site, istio.AUTHORIZATION.place)

ALL = (
    HTTP_ROUTE,
    DESTINATION_RULE,
    TRAFFIC_POLICY,
    SUBSETS,
    SERVICE_ENTRY,
    EAST_WEST_GATEWAY,
    GATEWAY_FILTER,
    FAILOVER_FILTER,
    AUTHORIZATION,
    GATEWAY_AUTHORIZATION,
    MEMBER_AUTHORIZATION,
)
