"""Gateways: those that discovery listed, or the services that look like one, become gateways of a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from meshhub_pulumi.model.host import sanitize
from meshhub_pulumi.model.snapshot import Gateway, GatewayPort
from meshhub_pulumi.readers.smh.discovery import SeenGateway, SeenService


def listed_gateways(seen: Iterable[SeenGateway]) -> list[Gateway]:
    """Entries that differ by their address only are one gateway."""
    doors: dict[SeenGateway, list[str]] = {}
    for entry in seen:
        nowhere = entry.model_copy(update={"address": ""})
        doors.setdefault(nowhere, []).append(entry.address)
    taken: set[str] = set()
    found = []
    for entry, addresses in doors.items():
        name = _free(entry.name or _conventional_name(entry.labels), taken)
        fields = entry.model_dump(exclude={"address", "name"}, exclude_none=True)
        found.append(Gateway(**fields, name=name, addresses=list(dict.fromkeys(addresses))))
    return found


def _conventional_name(labels: Mapping[str, str]) -> str:
    """The Service in front of pods with these labels: `istio: ingressgateway` is Istio's `istio-ingressgateway`."""
    return sanitize(f"istio-{labels['istio']}" if "istio" in labels else labels.get("app") or "gateway")


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free


TLS_PORT = "tls"
"""How Istio's charts call the port for mutual TLS that is passed through."""


def likely_gateways(services: Iterable[SeenService]) -> Iterator[Gateway]:
    """Services for others outside that have Istio's label of a gateway and its port for other clusters.

    Gloo Mesh's later discovery lists no gateways: mesh by mesh it took the first service with one such label.
    """
    for service in services:
        addresses = [one.address for one in service.external_addresses if one.address]
        ports = list(_entered(service))
        main = next((port for port in ports if port.name == TLS_PORT), None)
        if addresses and main and service.selector.get("istio", "").endswith("gateway"):
            yield Gateway(
                name=service.name,
                namespace=service.namespace,
                labels=service.selector,
                addresses=list(dict.fromkeys(addresses)),
                port=main.port,
                container_port=main.container_port,
                ports=ports,
            )


def _entered(service: SeenService) -> Iterator[GatewayPort]:
    """The ports as others reach them; a target that has a name only is not known to its number."""
    for port in service.ports:
        number = port.node_port if service.service_type == "NODE_PORT" else port.port
        if port.name and number and not isinstance(port.target_port, str):
            yield GatewayPort(name=port.name, port=number, container_port=port.target_port)
