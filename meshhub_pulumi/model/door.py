"""Doors: the east-west gateways of a cluster, as the program and the snapshot describe them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from meshhub_pulumi.model.snapshot import Gateway, GatewayPort
from meshhub_pulumi.model.topology import EastWestGateway


@dataclass(frozen=True, slots=True)
class GatewayDoor:
    """A gateway with everything resolved; addresses may be late.

    `aside`: the program describes another one as its cluster's east-west gateway.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    addresses: tuple[Any, ...]
    port: int
    container_port: int
    ports: tuple[GatewayPort, ...] = ()
    aside: bool = False

    @property
    def key(self) -> str:
        """Namespace and name: unique in its cluster."""
        return f"{self.namespace}/{self.name}"

    def at_port(self, name: str) -> GatewayDoor | None:
        """The same gateway, entered by the port of that name; None where it has none."""
        for port in self.ports:
            if port.name == name:
                return replace(self, port=port.port, container_port=port.container_port or port.port)
        return None


def doors_of(said: EastWestGateway | None, seen: Sequence[Gateway], istio_namespace: str) -> tuple[GatewayDoor, ...]:
    """The gateways of a cluster: those of the snapshot; one that the program describes puts others aside."""
    if said is None:
        return tuple(_doors(seen, istio_namespace))
    beneath = next((gateway for gateway in seen if _meant(said, gateway, istio_namespace)), Gateway())
    others = [gateway for gateway in seen if gateway is not beneath]
    return (
        _door(said, beneath, istio_namespace),
        *(replace(door, aside=True) for door in _doors(others, istio_namespace)),
    )


def _meant(said: EastWestGateway, seen: Gateway, istio_namespace: str) -> bool:
    """Whether the program may mean this one: a Service is one by name and namespace, and it may leave out either."""
    return said.name in (None, seen.name) and said.namespace in (None, seen.namespace or istio_namespace)


def _doors(seen: Sequence[Gateway], istio_namespace: str) -> Iterator[GatewayDoor]:
    return (_door(EastWestGateway(), gateway, istio_namespace) for gateway in seen)


def _door(said: EastWestGateway, seen: Gateway, istio_namespace: str) -> GatewayDoor:
    port = said.port or seen.port
    return GatewayDoor(
        name=said.name or seen.name,
        namespace=said.namespace or seen.namespace or istio_namespace,
        labels=said.labels or seen.labels,
        addresses=said.all_addresses or tuple(seen.addresses),
        port=port,
        container_port=said.container_port or seen.container_port or port,
        ports=tuple(seen.ports),
    )
