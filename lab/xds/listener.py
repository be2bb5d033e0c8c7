"""Envoy's listeners as a test reads them: what becomes of a connection to an address, or for a name."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lab.xds.ask import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection as a listener sees it; `sni` and `alpn` only where it is TLS."""

    address: str
    port: int
    tls: bool = False
    sni: str = ""
    protocol: str = ""
    """The application protocol: TLS' ALPN, or `http/1.1` where a plaintext connection is seen to begin like that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What a listener does with a connection: pass it on to clusters, or read requests and route them."""

    clusters: Mapping[str, int]
    """Shares of the connections, by cluster; one cluster has 100."""
    routes: str
    """The name of the routes, where it reads requests."""
    waits: bool
    """Whether the client has to speak first, so that the proxy sees what it speaks: a server that does would not."""
    raw: Json = field(repr=False)


_PASSED_ON, _READ = "envoy.filters.network.tcp_proxy", "envoy.filters.network.http_connection_manager"
_INSPECTORS = {"envoy.filters.listener.http_inspector", "envoy.filters.listener.tls_inspector"}
_EVERY_ADDRESS = "0.0.0.0"
_LEAVING, _ARRIVING = "virtualOutbound", "virtualInbound"


def chain(listeners: Sequence[Json], connection: Connection) -> Chain | None:
    """The filter chain that takes a connection which leaves, as Envoy picks it; None where it is refused."""
    bound = {address: listener for listener in listeners for address in _addresses(listener)}
    listener = bound.get((connection.address, connection.port)) or bound.get((_EVERY_ADDRESS, connection.port))
    return _within(listener or _named(listeners, _LEAVING), connection)


def arrival(listeners: Sequence[Json], connection: Connection) -> Chain | None:
    """The filter chain of a sidecar that takes a connection to its own pod; None where it is refused."""
    return _within(_named(listeners, _ARRIVING), connection)


def _named(listeners: Sequence[Json], name: str) -> Json:
    return next((one for one in listeners if one.get("name") == name), {})


def _within(listener: Json, connection: Connection) -> Chain | None:
    found = _narrowed(listener.get("filterChains", ()), connection) or listener.get("defaultFilterChain")
    inspectors = [one for one in listener.get("listenerFilters", ()) if one["name"] in _INSPECTORS]
    waits = any(not _takes(one.get("filterDisabled", {}), connection.port) for one in inspectors)
    return None if found is None else _chain(found, waits)


def _takes(condition: Json, port: int) -> bool:
    """Whether a condition under which a filter is off takes a port."""
    ports = condition.get("destinationPortRange", {"start": 0, "end": 0})
    others = condition.get("orMatch", {}).get("rules", ())
    return ports["start"] <= port < ports["end"] or any(_takes(one, port) for one in others)


def _addresses(listener: Json) -> Iterator[tuple[str, int]]:
    for one in (listener, *listener.get("additionalAddresses", ())):
        socket = one["address"].get("socketAddress", {})
        yield socket.get("address", ""), socket.get("portValue", 0)


def _narrowed(chains: Sequence[Json], connection: Connection) -> Json | None:
    """One condition after the other, the closest fit goes on; what was left out for it does not come back."""
    left = list(chains)
    for fit in (_port, _prefix, _server_name, _transport, _protocol):
        fits = [(fit(one.get("filterChainMatch", {}), connection), one) for one in left]
        closest = max((close for close, _ in fits), default=_MISSES)
        left = [one for close, one in fits if close == closest and close > _MISSES]
    return next(iter(left), None)


# How closely a condition fits: higher is closer, a condition that is not there fits everything loosely.
_MISSES, _LOOSE, _EXACT = -1, 0, 1_000


def _port(match: Json, connection: Connection) -> int:
    return _one_of(match["destinationPort"] == connection.port) if "destinationPort" in match else _LOOSE


def _prefix(match: Json, connection: Connection) -> int:
    if "prefixRanges" not in match:
        return _LOOSE
    ranges = [f"{one['addressPrefix']}/{one.get('prefixLen', 0)}" for one in match["prefixRanges"]]
    networks = [ipaddress.ip_network(one, strict=False) for one in ranges]
    address = ipaddress.ip_address(connection.address)
    return max((one.prefixlen + 1 for one in networks if address in one), default=_MISSES)


def _server_name(match: Json, connection: Connection) -> int:
    if "serverNames" not in match:
        return _LOOSE
    if connection.sni in match["serverNames"]:
        return _EXACT
    endings = [name[1:] for name in match["serverNames"] if name.startswith("*")]
    return max((len(ending) for ending in endings if connection.sni.endswith(ending)), default=_MISSES)


def _transport(match: Json, connection: Connection) -> int:
    actual = "tls" if connection.tls else "raw_buffer"
    return _one_of(match["transportProtocol"] == actual) if "transportProtocol" in match else _LOOSE


def _protocol(match: Json, connection: Connection) -> int:
    return _one_of(connection.protocol in match["applicationProtocols"]) if "applicationProtocols" in match else _LOOSE


def _one_of(fits: bool) -> int:
    return _EXACT if fits else _MISSES


def _chain(message: Json, waits: bool) -> Chain:
    last = next(one for one in message["filters"] if one["name"] in (_PASSED_ON, _READ))
    settings = last["typedConfig"]
    if last["name"] == _PASSED_ON:
        shares = settings.get("weightedClusters", {}).get("clusters", ())
        clusters = {one["name"]: one.get("weight", 0) for one in shares} or {settings["cluster"]: 100}
        return Chain(clusters=clusters, routes="", waits=waits, raw=message)
    named = settings.get("rds", {}).get("routeConfigName")
    return Chain(clusters={}, routes=named or settings["routeConfig"].get("name", ""), waits=waits, raw=message)
