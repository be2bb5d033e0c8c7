"""Which packets go where: to the sidecar, through a gateway's address, or nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from lab.mesh.netfilter import (
    ACCEPT,
    ARRIVING,
    DESTINATION,
    DROP,
    ETHERNET,
    IP,
    LEAVING,
    MASQUERADE,
    OWNER,
    PORT,
    PROTOCOL,
    SOURCE,
    TCP,
    UDP,
    Chain,
    forward_to,
    redirect,
    source_within,
)
from lab.mesh.wiring import PODS, Forward

PROXY_UID = 1337
"""The user that sidecars run as. What it sends is not captured again."""

_OUTBOUND, _INBOUND, _DNS, _TUNNEL = 15001, 15006, 15053, 15008
_OF_THE_PROXY = (_TUNNEL, 15020, 15021, 15090)
"""Inbound ports that the proxy serves itself: HBONE, merged metrics, health, Envoy's metrics."""
_PASSED_ON_FROM = "127.0.0.6"
"""Where the proxy's connections to its own app come from."""
_BEFORE_FILTERS, _AFTER_FILTERS = -100, 100
"""Where the kernel expects rules that change destinations and sources."""


def captured() -> tuple[Chain, ...]:
    """A sidecar gets all TCP and all DNS requests, as with istio-iptables of Istio with DNS capture."""
    loopback = LEAVING.equals("lo")
    own, foreign = OWNER.equals(PROXY_UID), OWNER.differs(PROXY_UID)
    tcp, udp = PROTOCOL.equals(TCP), PROTOCOL.equals(UDP)
    return (
        Chain(
            hook="prerouting",
            kind="nat",
            priority=_BEFORE_FILTERS,
            rules=(
                *((tcp, PORT.equals(port), ACCEPT) for port in _OF_THE_PROXY),
                (tcp, redirect(_INBOUND)),
            ),
        ),
        Chain(
            hook="output",
            kind="nat",
            priority=_BEFORE_FILTERS,
            rules=(
                (loopback, SOURCE.equals(_PASSED_ON_FROM), ACCEPT),
                # An app that calls its own service: the proxy chose this very pod, so it has to receive too.
                (
                    *(loopback, own, tcp, DESTINATION.differs("127.0.0.1")),
                    *(PORT.differs(53), PORT.differs(_TUNNEL), redirect(_INBOUND)),
                ),
                # What an app sends to its own pod, by whatever address, needs no proxy.
                (loopback, foreign, tcp, PORT.differs(53), ACCEPT),
                (own, ACCEPT),
                (tcp, PORT.equals(53), redirect(_DNS)),
                (udp, PORT.equals(53), redirect(_DNS)),
                (tcp, redirect(_OUTBOUND)),
            ),
        ),
    )


def node(forwards: Sequence[Forward], *, inner: str, outer: str) -> tuple[Chain, ...]:
    """Gateways' addresses lead to their pods, and pods leave the network under the node's outer address.

    `inner` and `outer` are the node's interfaces on its network and outside.
    """
    return (
        Chain(
            hook="prerouting",
            kind="nat",
            priority=_BEFORE_FILTERS,
            rules=tuple(
                (
                    *(PROTOCOL.equals(TCP), DESTINATION.equals(forward.address), PORT.equals(forward.port)),
                    forward_to(forward.to_address, forward.to_port),
                )
                for forward in forwards
            ),
        ),
        Chain(
            hook="postrouting",
            kind="nat",
            priority=_AFTER_FILTERS,
            rules=(
                (LEAVING.equals(outer), MASQUERADE),
                # A pod that uses a gateway of its own cluster: the answer must not take the short way back, past
                # the node, for it would come from an address that the pod did not call.
                (LEAVING.equals(inner), source_within(str(PODS)), MASQUERADE),
            ),
        ),
    )


def black_hole(port: str) -> tuple[Chain, ...]:
    """For a bridge: IP from and to this port vanishes. ARP goes on, so that nobody is told of it."""
    ip = ETHERNET.equals(IP)
    return (
        Chain(
            hook="forward",
            kind="filter",
            priority=0,
            rules=((ARRIVING.equals(port), ip, DROP), (LEAVING.equals(port), ip, DROP)),
        ),
    )
