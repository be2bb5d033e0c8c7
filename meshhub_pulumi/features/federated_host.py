"""A federated host, on both sides.

In the calling cluster its endpoint is the gateway; in the serving cluster the same host selects the pods, because a
gateway passes through only what its own registry knows (Istio since 1.8.6).
"""

from __future__ import annotations

from typing import Any

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.features.federation import federate
from meshhub_pulumi.features.service_entry import (
    addresses,
    gateway_endpoints,
    mutual_tls,
    port_name,
    resolution,
    serving_entry,
)
from meshhub_pulumi.model.fleet import FleetService, Port
from meshhub_pulumi.model.late import derive
from meshhub_pulumi.model.plugin import Feature, HostSite, Patch, Whole

TLS_MODE = "security.istio.io/tlsMode"


def _vip(site: HostSite) -> dict[str, Any]:
    key = site.host.serves
    assert key is not None
    return addresses(site, key.name, key.namespace, key.cluster, "kube-service")


def _import(_value: None, site: HostSite) -> Patch:
    assert site.host.serves is not None
    service = site.view.service(site.host.serves)
    server = site.view.cluster(service.key.cluster)
    names = [port_name(port) for port in service.tcp_ports]
    endpoints = gateway_endpoints(site.view, server.name, names, {"cluster": server.name, TLS_MODE: "istio"})
    patch: dict[str, Any] = {
        **_vip(site),
        "location": "MESH_INTERNAL",
        "resolution": derive(resolution, *(endpoint["address"] for endpoint in endpoints)),
        "ports": [_entry_port(port) for port in service.tcp_ports],
    }
    accounts = {workload.service_account for workload in service.workloads}
    if accounts and None not in accounts:
        patch["subjectAltNames"] = [
            f"spiffe://{server.trust_domain}/ns/{service.key.namespace}/sa/{account}"
            for account in sorted(account for account in accounts if account)
        ]
    whole = {name: Whole(value) for name, value in patch.items()}
    return {**whole, "endpoints": dict(enumerate(map(Whole, endpoints)))}


def _entry_port(port: Port) -> dict[str, Any]:
    return {"number": port.number, "name": port_name(port), "protocol": port.protocol or "TCP"}


def _smh_import(_value: None, site: HostSite) -> Patch:
    assert site.host.serves is not None
    service = site.view.service(site.host.serves)
    server = site.view.cluster(service.key.cluster)
    door = next(door for door in site.view.doors[server.name] if door.addresses)
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
        "endpoints": {0: Whole(endpoint)},
    }


IMPORT = Feature(
    name="import",
    title="Federated host, calling side",
    render={
        istio.SERVICE_ENTRY: _import,
        istio.TRAFFIC_POLICY: mutual_tls,
        smh.SERVICE_ENTRY: _smh_import,
        smh.DESTINATION_RULE: lambda _value, _site: {},
    },
    derive=federate,
)


def _served_ports(service: FleetService) -> list[dict[str, Any]]:
    return [_served_port(port) for port in service.tcp_ports]


def _served_port(port: Port) -> dict[str, Any]:
    """Says no more of the protocol than the Service: the older of the two decides what the pods' proxies see there."""
    declared = {"protocol": port.protocol} if port.protocol else {}
    return {"number": port.number, "targetPort": port.target, "name": port_name(port), **declared}


def _export(_value: None, site: HostSite) -> Patch:
    assert site.host.serves is not None
    service = site.view.service(site.host.serves)
    return {**_vip(site), **serving_entry(service, _served_ports(service))}


EXPORT = Feature(
    name="export",
    title="Federated host, serving side",
    render={
        istio.SERVICE_ENTRY: _export,
        istio.TRAFFIC_POLICY: mutual_tls,
        smh.SERVICE_ENTRY: lambda _value, _site: {},
    },
)
