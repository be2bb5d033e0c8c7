"""lab.xds.listener: which filter chain Envoy would pick, and what that does."""

from __future__ import annotations

from typing import Any

import pytest

from lab.xds.listener import Chain, Connection, arrival, chain

HTTP_INSPECTOR = "envoy.filters.listener.http_inspector"


def passing(to: str, **match: Any) -> dict[str, Any]:
    """A chain that passes connections on."""
    last = {"name": "envoy.filters.network.tcp_proxy", "typedConfig": {"cluster": to}}
    return {"filterChainMatch": match, "filters": [{"name": "envoy.filters.network.rbac"}, last]}


def reading(routes: str, **match: Any) -> dict[str, Any]:
    """A chain that reads requests, whose routes come apart from it."""
    config = {"rds": {"routeConfigName": routes}}
    last = {"name": "envoy.filters.network.http_connection_manager", "typedConfig": config}
    return {"filterChainMatch": match, "filters": [last]}


def listener(name: str, address: str, port: int, *chains: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A listener with these chains."""
    socket = {"socketAddress": {"address": address, "portValue": port}}
    return {"name": name, "address": socket, "filterChains": chains, **more}


def taken(found: Chain | None) -> str | None:
    """The only cluster, or the routes, of a chain."""
    return next(iter(found.clusters), found.routes) if found else None


@pytest.mark.parametrize(
    ("address", "port", "expected"),
    [
        ("10.96.0.10", 3306, "this address"),
        ("10.96.0.11", 3306, "another of its addresses"),
        ("10.96.0.12", 3306, "every address"),
        ("10.96.0.10", 3307, "all that leaves"),
    ],
)
def test_the_closest_listener_takes_a_connection(address: str, port: int, expected: str) -> None:
    """The one bound to its very address, to its port on every address, or what takes all that leaves the pod."""
    more = [{"address": {"socketAddress": {"address": "10.96.0.11", "portValue": 3306}}}]
    listeners = [
        listener("virtualOutbound", "0.0.0.0", 15001, passing("all that leaves")),
        listener("any", "0.0.0.0", 3306, passing("every address")),
        listener("one", "10.96.0.10", 3306, passing("this address")),
        listener("two", "10.96.0.13", 3306, passing("another of its addresses"), additionalAddresses=more),
    ]
    assert expected == taken(chain(listeners, Connection(address=address, port=port)))


CHAINS = [
    passing("plain", transportProtocol="raw_buffer"),
    reading("requests", transportProtocol="raw_buffer", applicationProtocols=["http/1.1", "h2c"]),
    passing("tls", transportProtocol="tls"),
    passing("one name", serverNames=["a.kind3.global"], transportProtocol="tls"),
    passing("an ending", serverNames=["*.kind3.global"]),
    passing("a network", prefixRanges=[{"addressPrefix": "10.96.0.0", "prefixLen": 16}]),
    passing("an address", prefixRanges=[{"addressPrefix": "10.96.0.7", "prefixLen": 32}]),
    passing("a port", destinationPort=8443),
]


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        (Connection(address="10.0.0.1", port=15443), "plain"),
        (Connection(address="10.0.0.1", port=15443, protocol="http/1.1"), "requests"),
        (Connection(address="10.0.0.1", port=15443, tls=True), "tls"),
        (Connection(address="10.0.0.1", port=15443, tls=True, sni="a.kind3.global"), "one name"),
        (Connection(address="10.0.0.1", port=15443, tls=True, sni="b.kind3.global"), "an ending"),
        (Connection(address="10.0.0.1", port=15443, tls=True, sni="kind3.global"), "tls"),
        # the address is looked at before the name, and there is no way back
        (Connection(address="10.96.0.1", port=15443, tls=True, sni="a.kind3.global"), "a network"),
        (Connection(address="10.96.0.7", port=15443), "an address"),
        (Connection(address="10.96.0.7", port=8443), "a port"),
    ],
)
def test_the_closest_chain_takes_a_connection(connection: Connection, expected: str) -> None:
    """One condition after the other: port, address, name, TLS or not, what is spoken."""
    listeners = [listener("virtualOutbound", "0.0.0.0", 15001, *CHAINS)]
    assert expected == taken(chain(listeners, connection))


def test_a_connection_may_be_refused() -> None:
    """When no chain fits and there is none for the rest."""
    one = passing("one name", serverNames=["a.kind3.global"])
    other = Connection(address="0.0.0.0", port=15443, tls=True, sni="b.kind3.global")
    assert chain([listener("gateway", "0.0.0.0", 15443, one)], other) is None
    assert chain([], other) is None
    rest = listener("gateway", "0.0.0.0", 15443, one, defaultFilterChain=passing("rest"))
    assert "rest" == taken(chain([rest], other))


def test_what_arrives_has_a_listener_of_its_own() -> None:
    """That of the pod's own address, whatever the port."""
    listeners = [
        listener("virtualOutbound", "0.0.0.0", 15001, passing("leaves")),
        listener("virtualInbound", "0.0.0.0", 15006, passing("arrives", destinationPort=9080)),
    ]
    assert "arrives" == taken(arrival(listeners, Connection(address="10.244.0.12", port=9080)))
    assert arrival(listeners, Connection(address="10.244.0.12", port=9081)) is None


def test_connections_may_be_shared_among_clusters() -> None:
    """By weight; and requests may have routes in the chain itself."""
    shares = {"clusters": [{"name": "one", "weight": 75}, {"name": "two", "weight": 25}]}
    last = {"name": "envoy.filters.network.tcp_proxy", "typedConfig": {"weightedClusters": shares}}
    found = chain([listener("any", "0.0.0.0", 1, {"filters": [last]})], Connection(address="10.0.0.1", port=1))
    assert found
    assert ({"one": 75, "two": 25}, "") == (found.clusters, found.routes)
    own = reading("")
    own["filters"][0]["typedConfig"] = {"routeConfig": {"name": "inbound|9080||"}}
    found = chain([listener("any", "0.0.0.0", 1, own)], Connection(address="10.0.0.1", port=1))
    assert found
    assert ({}, "inbound|9080||") == (found.clusters, found.routes)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], False),
        ([{"name": "envoy.filters.listener.original_dst"}], False),
        ([{"name": HTTP_INSPECTOR}], True),
        ([{"name": HTTP_INSPECTOR, "filterDisabled": {"destinationPortRange": {"start": 1, "end": 2}}}], False),
        ([{"name": HTTP_INSPECTOR, "filterDisabled": {"destinationPortRange": {"start": 2, "end": 3}}}], True),
        (
            [
                {
                    "name": HTTP_INSPECTOR,
                    "filterDisabled": {"orMatch": {"rules": [{"destinationPortRange": {"start": 1, "end": 2}}]}},
                }
            ],
            False,
        ),
    ],
)
def test_who_inspects_waits_for_the_client(filters: list[dict[str, Any]], expected: bool) -> None:
    """Unless the inspector is off for that port."""
    listeners = [listener("any", "0.0.0.0", 1, passing("x"), listenerFilters=filters)]
    found = chain(listeners, Connection(address="10.0.0.1", port=1))
    assert found
    assert expected == found.waits
