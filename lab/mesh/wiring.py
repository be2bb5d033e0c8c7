"""What a live mesh's network consists of, as values: nodes, pods, and what a gateway's address leads to.

Every network has the same addresses, `PODS`: pods of two networks can meet only through gateways.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from lab.errors import LabError

PODS = IPv4Network("10.244.0.0/16")
"""Addresses of pods and of the nodes' inner sides, in each network."""
OUTSIDE = IPv4Network("100.64.0.0/10")
"""The nodes' own outer addresses; those of gateways may be any others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """What is sent to this TCP port of a node's outer address goes to a pod's."""

    address: str
    port: int
    to_address: str
    to_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Where a cluster's pods leave their network, and where others reach its gateways."""

    namespace: str
    network: str
    address: str
    """On its network: the pods' way out."""
    outside: tuple[str, ...]
    """Its own outer address, of `OUTSIDE`, then those of its gateways."""
    forwards: tuple[Forward, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One workload or gateway."""

    namespace: str
    network: str
    address: str
    via: str
    """Its node's address on the same network."""
    captured: bool
    """Whether a sidecar gets what it sends and is sent."""
    hosts: Mapping[str, str]
    """Addresses by name, besides localhost: its /etc/hosts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """A whole lab. Names of namespaces are `prefix`, a hyphen and more; `prefix` itself has no hyphen."""

    prefix: str
    nodes: tuple[Node, ...]
    pods: tuple[Pod, ...]

    @property
    def places(self) -> tuple[Node | Pod, ...]:
        """Everything that has a namespace of its own."""
        return (*self.nodes, *self.pods)


def hub(namespace: str) -> str:
    """The namespace that holds the bridges of the lab to which this one belongs."""
    return f"{namespace.partition('-')[0]}-hub"


def check(wiring: Wiring) -> None:
    """Raise LabError when a name is not this lab's, or a name or an address is there twice."""
    namespaces = [place.namespace for place in wiring.places]
    for name in namespaces:
        if not re.fullmatch(rf"{re.escape(wiring.prefix)}-[a-z0-9]([-.a-z0-9]*[a-z0-9])?", name):
            raise LabError(f"{name!r} cannot be a network namespace of the lab {wiring.prefix}")
    if twice := _repeated([*namespaces, hub(wiring.prefix)]):
        raise LabError(f"the network namespace {twice} is there twice")
    if twice := _repeated(address for node in wiring.nodes for address in node.outside):
        raise LabError(f"two nodes have the outer address {twice}")
    if twice := _repeated(f"{place.address} on network {place.network}" for place in wiring.places):
        raise LabError(f"two pods or nodes have the address {twice}")
    for node in wiring.nodes:
        for address in node.outside:
            if IPv4Address(address) in PODS:
                raise LabError(f"{address} cannot be an outer address: pods have those of {PODS}")


def _repeated(values: Iterable[str]) -> str:
    """The first value that comes twice; empty when none does."""
    return next((value for value, times in Counter(values).items() if times > 1), "")
