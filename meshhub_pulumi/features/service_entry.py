"""What the ServiceEntries of federated and failover hosts have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from meshhub_pulumi.model.fleet import FleetService, Port
from meshhub_pulumi.model.host import virtual_ip
from meshhub_pulumi.model.plugin import HostSite, Patch, Whole
from meshhub_pulumi.model.topology import is_ip
from meshhub_pulumi.model.view import View


def port_name(port: Port) -> str:
    """A port's name; one without is called by its protocol."""
    return port.name or (port.protocol or "TCP").lower()


def addresses(site: HostSite, name: str, namespace: str, cluster: str, scope: str) -> dict[str, Any]:
    """The virtual IP of a host, equal in all clusters; nothing said leaves it to istiod, an empty list forbids it."""
    wanted = site.view.mesh_of[site.cluster].virtual_ip
    if wanted == "auto":
        return {}
    return {"addresses": [virtual_ip(name, namespace, cluster, scope)] if wanted == "hash" else []}


def resolution(*gateway_addresses: str) -> str:
    """STATIC for IP addresses; one DNS name among them makes it DNS, which takes no IPv6 addresses."""
    if mixed_addresses(gateway_addresses):
        raise ValueError("IPv6 addresses cannot stand beside DNS names")
    return "STATIC" if all(map(is_ip, gateway_addresses)) else "DNS"


def mixed_addresses(gateway_addresses: Iterable[Any]) -> str | None:
    """What is wrong with addresses that cannot stand beside each other; late ones are judged when they arrive."""
    known = [address for address in gateway_addresses if isinstance(address, str)]
    names = [address for address in known if not is_ip(address)]
    ipv6 = [address for address in known if is_ip(address) and ":" in address]
    return f"the IPv6 address {ipv6[0]} stands beside the DNS name {names[0]}" if names and ipv6 else None


def gateway_endpoints(view: View, server: str, names: list[str], labels: dict[str, str]) -> list[dict[str, Any]]:
    """An endpoint for every address of every east-west gateway of a cluster, each with its own port."""
    locality = str(view.cluster(server).locality)
    where = {"locality": locality} if locality else {}
    return [
        {"address": address, "ports": dict.fromkeys(names, door.port), "labels": labels, **where}
        for door in view.doors[server]
        for address in door.addresses
    ]


def serving_entry(service: FleetService, ports: list[dict[str, Any]]) -> dict[str, Any]:
    """The ServiceEntry by which a gateway finds the pods of a service."""
    return {
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        "workloadSelector": Whole({"labels": dict(service.selector)}),
        "ports": ports,
    }


def mutual_tls(_value: object, _site: HostSite) -> Patch:
    """Between clusters there is the mesh's mutual TLS and nothing else: the gateways pass nothing else through."""
    return {"tls": {"mode": "ISTIO_MUTUAL"}}
