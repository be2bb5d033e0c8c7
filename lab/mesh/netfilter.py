"""A small language for packet rules, and putting them into the kernel (nf_tables).

A rule is a sequence of parts: conditions that all have to hold, then what happens to the packet.

    (PROTOCOL.equals(TCP), PORT.equals(53), redirect(15053))

There is no `nft` or `iptables` on many machines; pyroute2 speaks to the kernel itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Generic, TypeVar

from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.nfnetlink.nftsocket import NFPROTO_BRIDGE, NFPROTO_IPV4, Cmp, Meta, Regs
from pyroute2.nftables.expressions import genex, verdict
from pyroute2.nftables.main import NFTables

IPV4: int = NFPROTO_IPV4
BRIDGE: int = NFPROTO_BRIDGE

Part = list[dict[str, Any]]
"""One condition or one action, as the expressions of which the kernel puts a rule together."""
Rule = Sequence[Part]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Rules that every packet meets at one place; the first that accepts, drops or redirects it is the last."""

    hook: str
    """`prerouting`, `output`, `postrouting` or `forward`; also the chain's name."""
    kind: str
    """`nat`, where only the first packet of a connection is looked at and decides for all, or `filter`."""
    priority: int
    rules: Sequence[Rule]


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """Something about a packet that a condition can ask for."""

    load: dict[str, Any]
    encode: Callable[[T], bytes]

    def equals(self, value: T) -> Part:
        return self._compare(Cmp.NFT_CMP_EQ, value)

    def differs(self, value: T) -> Part:
        return self._compare(Cmp.NFT_CMP_NEQ, value)

    def _compare(self, operation: int, value: T) -> Part:
        return [self.load, _expression("cmp", sreg=_FIRST, op=operation, data=_data(self.encode(value)))]


_FIRST, _SECOND = Regs.NFT_REG_1, Regs.NFT_REG_2
_NETWORK_HEADER, _TRANSPORT_HEADER = 1, 2
_DESTINATION_NAT = 1


def _expression(name: str, **attributes: object) -> dict[str, Any]:
    expression: dict[str, Any] = genex(name, attributes)
    return expression


def _data(value: bytes) -> dict[str, Any]:
    return {"attrs": [("NFTA_DATA_VALUE", value)]}


def _put(register: int, value: bytes) -> dict[str, Any]:
    return _expression("immediate", dreg=register, data=_data(value))


def _meta(key: int) -> dict[str, Any]:
    return _expression("meta", key=key, dreg=_FIRST)


def _payload(header: int, offset: int, length: int) -> dict[str, Any]:
    return _expression("payload", dreg=_FIRST, base=header, offset=offset, len=length)


def _two_bytes(number: int) -> bytes:
    return number.to_bytes(2, "big")


def _address(text: str) -> bytes:
    return IPv4Address(text).packed


def _interface(name: str) -> bytes:
    return name.encode().ljust(16, b"\0")


PROTOCOL: Field[int] = Field(_meta(Meta.NFT_META_L4PROTO), lambda number: bytes([number]))
TCP, UDP = 6, 17
PORT: Field[int] = Field(_payload(_TRANSPORT_HEADER, 2, 2), _two_bytes)
"""The port that the packet goes to."""
SOURCE: Field[str] = Field(_payload(_NETWORK_HEADER, 12, 4), _address)
DESTINATION: Field[str] = Field(_payload(_NETWORK_HEADER, 16, 4), _address)
OWNER: Field[int] = Field(_meta(Meta.NFT_META_SKUID), lambda uid: uid.to_bytes(4, sys.byteorder))
"""The user whose program sends the packet; neither equal nor different where no program of this namespace does."""
ARRIVING: Field[str] = Field(_meta(Meta.NFT_META_IIFNAME), _interface)
LEAVING: Field[str] = Field(_meta(Meta.NFT_META_OIFNAME), _interface)
ETHERNET: Field[int] = Field(_meta(Meta.NFT_META_PROTOCOL), _two_bytes)
IP = 0x0800


def source_within(network: str) -> Part:
    """Comes from an address of this network, whose prefix is a whole number of bytes."""
    parsed = IPv4Network(network)
    length = parsed.prefixlen // 8
    beginning: Field[bytes] = Field(_payload(_NETWORK_HEADER, 12, length), bytes)
    return beginning.equals(parsed.network_address.packed[:length])


DROP: Part = verdict(code=0)
ACCEPT: Part = verdict(code=1)
MASQUERADE: Part = [_expression("masq")]
"""Leaves as if it came from the machine itself; answers find their way back."""


def redirect(port: int) -> Part:
    """Goes to this port of the machine itself."""
    return [_put(_FIRST, _two_bytes(port)), _expression("redir", reg_proto_min=_FIRST)]


def forward_to(address: str, port: int) -> Part:
    """Goes to another address and port; answers come back from where it was sent to."""
    return [
        _put(_FIRST, _address(address)),
        _put(_SECOND, _two_bytes(port)),
        _expression("nat", type=_DESTINATION_NAT, family=IPV4, reg_addr_min=_FIRST, reg_proto_min=_SECOND),
    ]


def add_table(name: str, chains: Sequence[Chain], *, family: int = IPV4) -> None:
    """Put the chains into the kernel, into a table of this name, in the namespace of the calling thread.

    Raises OSError when the kernel does not take them, FileExistsError when it has such a table.
    """
    with _tables(family) as tables:
        tables.table("create", name=name)
        for chain in chains:
            place = {"hook": chain.hook, "type": chain.kind, "priority": chain.priority}
            tables.chain("add", table=name, name=chain.hook, **place)
            for rule in chain.rules:
                tables.rule("add", table=name, chain=chain.hook, expressions=rule)


def remove_table(name: str, *, family: int = IPV4) -> None:
    """Take the table out of the kernel; FileNotFoundError when there is none."""
    with _tables(family) as tables:
        tables.table("del", name=name)


def tables(*, family: int = IPV4) -> set[str]:
    """The names of the tables that the kernel has, in the namespace of the calling thread."""
    with _tables(family) as known:
        return {table.get_attr("NFTA_TABLE_NAME") for table in known.get_tables()}


@contextmanager
def _tables(family: int) -> Iterator[Any]:
    try:
        with NFTables(nfgen_family=family) as tables:
            yield tables
    except NetlinkError as problem:
        raise OSError(problem.code, os.strerror(problem.code)) from None
