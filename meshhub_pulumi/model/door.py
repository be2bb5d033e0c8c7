"""Doors: the east-west gateways of a cluster, as the program and the snapshot describe them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meshhub_pulumi.model.snapshot import Gateway
from meshhub_pulumi.model.topology import EastWestGateway


@dataclass(frozen=True, slots=True)
class GatewayDoor:
    """An east-west gateway with everything resolved; addresses may be late."""

    name: str
    namespace: str
    labels: Mapping[str, str]
    addresses: tuple[Any, ...]
    port: int
    container_port: int

    @property
    def key(self) -> str:
        """Namespace and name: unique in its cluster."""
        return f"{self.namespace}/{self.name}"


def doors_of(said: EastWestGateway | None, seen: Sequence[Gateway], istio_namespace: str) -> tuple[GatewayDoor, ...]:
    """The gateways of a cluster: those of the snapshot, or the one that the program describes, laid over it."""
    if said is None:
        return tuple(_door(EastWestGateway(), gateway, istio_namespace) for gateway in seen)
    beneath = next((gateway for gateway in seen if said.name in (None, gateway.name)), Gateway())
    return (_door(said, beneath, istio_namespace),)


def _door(said: EastWestGateway, seen: Gateway, istio_namespace: str) -> GatewayDoor:
    port = said.port or seen.port
    return GatewayDoor(
        name=said.name or seen.name,
        namespace=said.namespace or seen.namespace or istio_namespace,
        labels=said.labels or seen.labels,
        addresses=said.all_addresses or tuple(seen.addresses),
        port=port,
        container_port=said.container_port or seen.container_port or port,
    )
