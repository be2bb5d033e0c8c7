"""Federation: a service gets a host name that other clusters of its mesh can call, through its cluster's gateway.

Both sides are described. In the calling cluster the host's endpoint is the gateway; in the serving cluster the same
host selects the pods, because a gateway passes through only what its own registry knows (Istio since 1.8.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.features.lookup import unknown_service
from meshhub_pulumi.features.select import matching, selected
from meshhub_pulumi.model.destination import ServiceMatcher, ServiceRef, ServiceSelector
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import FleetCluster, FleetService, Port, ServiceKey, among
from meshhub_pulumi.model.host import virtual_ip
from meshhub_pulumi.model.late import derive
from meshhub_pulumi.model.plugin import Attachment, DoorSite, Feature, HostSite, Patch, Produced, Reach, Whole
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.topology import is_ip
from meshhub_pulumi.model.units import DnsLabel
from meshhub_pulumi.model.view import View

BELOW_POLICIES = (-1, 0)
"""The rank of what federation itself asks for: any policy's wish comes first."""

TLS_MODE = "security.istio.io/tlsMode"


class FederationRule(MeshModel):
    """These destinations (none named: all) are federated to these clusters (none named: all of the mesh)."""

    destinations: Many[ServiceSelector] = ()
    clusters: Many[DnsLabel] = ()


Federation = Annotated[
    Annotated[Literal["referenced", "none", "permissive"], Tag("<mode>")]
    | Annotated[Many[FederationRule], Tag("<rules>")],
    Discriminator(lambda value: "<mode>" if isinstance(value, str) else "<rules>"),
]
"""Which destinations get a host in which other clusters of the mesh.

`referenced` (default): in exactly those whose policies send to it. `none`: nowhere. `permissive`: everything
everywhere, as Service Mesh Hub did. A list of rules: what they select.
"""


def _derive(reach: Reach, view: View) -> Iterator[Produced]:
    if not isinstance(reach.destination, ServiceKey) or reach.client == reach.destination.cluster:
        return
    service = view.service(reach.destination)
    if refusals := list(_refusals(service, reach, view)):
        yield from refusals
        return
    server = view.cluster(service.key.cluster)
    client_site = HostSite(reach.client, view, view.import_host(service.key, reach.client))
    server_site = HostSite(server.name, view, view.export_host(service.key))
    yield Attachment(client_site, "import", None, reach.owner, BELOW_POLICIES)
    yield Attachment(server_site, "export", None, reach.owner, BELOW_POLICIES)
    for door in server.gateways:
        yield Attachment(DoorSite(server.name, view, door.key), "door", None, reach.owner, BELOW_POLICIES)


def _refusals(service: FleetService, reach: Reach, view: View) -> Iterator[Produced]:
    key, client = service.key, reach.client
    if not view.joined(client, key.cluster):
        yield finding("MH110", f"{client} and {key.cluster} are not in one VirtualMesh", reach.owner)
        return
    if not _federated(service, client, view.mesh_of[client].federation):
        mode = view.mesh_of[client].federation
        reason = "federation is none" if mode == "none" else "no federation rule selects it"
        yield finding("MH110", f"{key} is not federated to {client}: {reason}", reach.owner)
        return
    addresses = [address for door in view.cluster(key.cluster).gateways for address in door.addresses]
    if mixed := _mixed(addresses):
        yield finding("MH126", f"{key} cannot be reached from {client}: {mixed}", reach.owner)
    if not addresses:
        yield finding(
            "MH111", f"{key} cannot be reached from {client}: {key.cluster} has no gateway address", reach.owner
        )
    if not service.selector:
        yield finding("MH114", f"{key} selects no pods, so its gateway cannot find them", reach.owner)
    if not service.tcp_ports:
        advice = "Send to a service with a TCP port."
        yield finding("MH103", f"{key} has no TCP port, and gateways pass nothing else", reach.owner, advice=advice)
    yield from ghosts({client, key.cluster}, view, reach.owner)


def ghosts(clusters: set[str], view: View, at: Owner) -> Iterator[Finding]:
    """Clusters whose istiod would take other clusters' pods for its own: it selects by labels wherever it looks."""
    for cluster in sorted(clusters):
        if view.cluster(cluster).remote_secrets:
            yield finding("MH609", f"{cluster} holds remote secrets of other clusters", at)


def _federated(service: FleetService, client: str, federation: object) -> bool:
    if isinstance(federation, str):
        return federation != "none"
    assert isinstance(federation, tuple)
    return any(
        (not rule.clusters or client in rule.clusters)
        and (not rule.destinations or any(selected(service, selector) for selector in rule.destinations))
        for rule in federation
    )


def asked(federation: object, members: tuple[str, ...], view: View, at: Owner) -> Iterator[Produced]:
    """The reaches that a mesh asks for by its federation alone, whatever its policies say.

    What a rule sweeps up and no cluster could call (no pods, no TCP port) is passed over; what it names is not.
    """
    if federation == "permissive":
        yield from _swept(FederationRule(), members, view, at)
    elif not isinstance(federation, str):
        assert isinstance(federation, tuple)
        for index, rule in enumerate(federation):
            place = at.at(f"{at.path}[{index}]")
            yield from _doubts(rule, members, view, place)
            yield from _swept(rule, members, view, place)


def _swept(rule: FederationRule, members: tuple[str, ...], view: View, at: Owner) -> Iterator[Reach]:
    for selector in rule.destinations or (ServiceMatcher(),):
        named = isinstance(selector, ServiceRef)
        for service in matching(view.fleet, selector):
            if service.key.cluster in members and (named or service.carriable):
                for client in members:
                    if client != service.key.cluster and client in (rule.clusters or members):
                        yield Reach(client, service.key, (), at)


def _doubts(rule: FederationRule, members: tuple[str, ...], view: View, at: Owner) -> Iterator[Finding]:
    for index, selector in enumerate(rule.destinations):
        place = at.at(f"{at.path}.destinations[{index}]")
        if any(matching(view.fleet, selector)):
            continue
        if isinstance(selector, ServiceRef):
            yield unknown_service(selector, view, place)
        else:
            yield finding("MH116", "no service has these labels, namespaces and clusters", place)
    for index, cluster in enumerate(rule.clusters):
        if cluster not in members:
            message = f"cluster {cluster} is not in the mesh ({among(cluster, members)})"
            yield finding("MH101", message, at.at(f"{at.path}.clusters[{index}]"))


# --- rendering -----------------------------------------------------------------------------------------------


def port_name(port: Port) -> str:
    """A port's name; one without is called by its protocol."""
    return port.name or (port.protocol or "TCP").lower()


def addresses(site: HostSite, name: str, namespace: str, cluster: str, scope: str) -> dict[str, Any]:
    """The virtual IP of a host, equal in all clusters; nothing where the mesh wants none."""
    mesh = site.view.mesh_of[site.cluster]
    return {"addresses": [virtual_ip(name, namespace, cluster, scope)]} if mesh.virtual_ip == "hash" else {}


def _vip(site: HostSite) -> dict[str, Any]:
    key = site.host.serves
    assert key is not None
    return addresses(site, key.name, key.namespace, key.cluster, "kube-service")


def resolution(*gateway_addresses: str) -> str:
    """STATIC for IP addresses; one DNS name among them makes it DNS, which takes no IPv6 addresses."""
    if mixed := _mixed(gateway_addresses):
        raise ValueError(mixed)
    return "STATIC" if all(map(is_ip, gateway_addresses)) else "DNS"


def _mixed(gateway_addresses: Iterable[Any]) -> str | None:
    """What is wrong with addresses that cannot stand beside each other; late ones are judged when they arrive."""
    known = [address for address in gateway_addresses if isinstance(address, str)]
    names = [address for address in known if not is_ip(address)]
    ipv6 = [address for address in known if is_ip(address) and ":" in address]
    return f"the IPv6 address {ipv6[0]} stands beside the DNS name {names[0]}" if names and ipv6 else None


def gateway_endpoints(server: FleetCluster, names: list[str], labels: dict[str, str]) -> list[dict[str, Any]]:
    """An endpoint for every address of every gateway of a cluster, each with its own port."""
    where = {"locality": str(server.locality)} if str(server.locality) else {}
    return [
        {"address": address, "ports": dict.fromkeys(names, door.port), "labels": labels, **where}
        for door in server.gateways
        for address in door.addresses
    ]


def _import(_value: None, site: HostSite) -> Patch:
    assert site.host.serves is not None
    service = site.view.service(site.host.serves)
    server = site.view.cluster(service.key.cluster)
    names = [port_name(port) for port in service.tcp_ports]
    endpoints = gateway_endpoints(server, names, {"cluster": server.name, TLS_MODE: "istio"})
    patch: dict[str, Any] = {
        **_vip(site),
        "location": "MESH_INTERNAL",
        "resolution": derive(resolution, *(endpoint["address"] for endpoint in endpoints)),
        "ports": [_entry_port(port) for port in service.tcp_ports],
        "endpoints": endpoints,
    }
    accounts = {workload.service_account for workload in service.workloads}
    if accounts and None not in accounts:
        patch["subjectAltNames"] = [
            f"spiffe://{server.trust_domain}/ns/{service.key.namespace}/sa/{account}"
            for account in sorted(account for account in accounts if account)
        ]
    return {name: Whole(value) for name, value in patch.items()}


def _entry_port(port: Port) -> dict[str, Any]:
    return {"number": port.number, "name": port_name(port), "protocol": port.protocol or "TCP"}


def _smh_import(_value: None, site: HostSite) -> Patch:
    assert site.host.serves is not None
    service = site.view.service(site.host.serves)
    server = site.view.cluster(service.key.cluster)
    door = next(door for door in server.gateways if door.addresses)
    names = [port_name(port) for port in service.ports]
    endpoint = {
        "address": door.addresses[0],
        "labels": {"cluster": server.name},
        "ports": dict.fromkeys(names, door.port),
    }
    ports = [
        {"name": port_name(port), "number": port.number, "protocol": "UDP" if port.protocol == "UDP" else "TCP"}
        for port in service.ports
    ]
    return {
        **_vip(site),
        "location": "MESH_INTERNAL",
        "resolution": "DNS",
        "ports": ports,
        "endpoints": [endpoint],
    }


def _mutual_tls(_value: None, _site: HostSite) -> Patch:
    return {"tls": {"mode": "ISTIO_MUTUAL"}}


IMPORT = Feature(
    name="import",
    title="Federated host, calling side",
    render={
        istio.SERVICE_ENTRY: _import,
        istio.TRAFFIC_POLICY: _mutual_tls,
        smh.SERVICE_ENTRY: _smh_import,
        smh.DESTINATION_RULE: lambda _value, _site: {},
    },
    derive=_derive,
)


def served_ports(service: FleetService) -> list[dict[str, Any]]:
    """The ports of a host in the cluster that serves it."""
    return [
        {"number": p.number, "targetPort": p.target, "name": port_name(p), "protocol": p.protocol or "TCP"}
        for p in service.tcp_ports
    ]


def serving_entry(service: FleetService, ports: list[dict[str, Any]]) -> dict[str, Any]:
    """The ServiceEntry by which a gateway finds the pods of a service."""
    return {
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        "workloadSelector": Whole({"labels": dict(service.selector)}),
        "ports": ports,
    }


def _export(_value: None, site: HostSite) -> Patch:
    assert site.host.serves is not None
    service = site.view.service(site.host.serves)
    return {**_vip(site), **serving_entry(service, served_ports(service))}


EXPORT = Feature(
    name="export",
    title="Federated host, serving side",
    render={
        istio.SERVICE_ENTRY: _export,
        istio.TRAFFIC_POLICY: _mutual_tls,
        smh.SERVICE_ENTRY: lambda _value, _site: {},
    },
)


def _door(_value: None, site: DoorSite) -> Patch:
    door, mesh = site.gateway, site.view.mesh_of[site.cluster]
    server = {
        "port": {"number": door.container_port, "name": "tls", "protocol": "TLS"},
        "hosts": [f"*.{mesh.hostname_suffix}"],
        "tls": {"mode": "AUTO_PASSTHROUGH"},
    }
    return {"selector": Whole(dict(door.labels)), "servers": {door.container_port: Whole(server)}}


_TCP_CLUSTER_REWRITE = (
    "type.googleapis.com/istio.envoy.config.filter.network.tcp_cluster_rewrite.v2alpha1.TcpClusterRewrite"
)


def _smh_filter(_value: None, site: DoorSite) -> Patch:
    listener = {
        "portNumber": site.gateway.container_port,
        "filterChain": {"filter": {"name": "envoy.filters.network.sni_cluster"}},
    }
    rewrite = {
        "@type": _TCP_CLUSTER_REWRITE,
        "cluster_pattern": rf"\.{site.cluster}.{site.view.mesh_of[site.cluster].hostname_suffix}$",
        "cluster_replacement": f".{site.view.cluster(site.cluster).cluster_domain}",
    }
    value = {"name": "envoy.filters.network.tcp_cluster_rewrite", "typed_config": rewrite}
    patch = {
        "applyTo": "NETWORK_FILTER",
        "match": {"context": "GATEWAY", "listener": listener},
        "patch": {"operation": "INSERT_AFTER", "value": value},
    }
    return {
        "workloadSelector": Whole({"labels": dict(site.gateway.labels)}),
        "configPatches": {"tcp_cluster_rewrite": Whole(patch)},
    }


DOOR = Feature(
    name="door",
    title="East-west gateway",
    render={istio.EAST_WEST_GATEWAY: _door, smh.EAST_WEST_GATEWAY: _door, smh.GATEWAY_FILTER: _smh_filter},
)
