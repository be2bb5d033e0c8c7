"""lab.xds.view: what a proxy would do, from all that istiod sends to it."""

from __future__ import annotations

from typing import Any

from lab.xds import Proxy, ProxyView
from lab.xds.ask import Answer
from lab.xds.view import view

CLIENT = Proxy(
    kind="sidecar", name="client", namespace="default", address="10.244.0.11", labels={}, service_account="default"
)


def routes(name: str, **hosts: str) -> dict[str, Any]:
    """A RouteConfiguration: clusters by host."""
    return {
        "name": name,
        "virtualHosts": [
            {"domains": [host], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": cluster}}]}
            for host, cluster in hosts.items()
        ],
    }


def passing(to: str, **match: Any) -> dict[str, Any]:
    """A filter chain that passes connections on."""
    last = {"name": "envoy.filters.network.tcp_proxy", "typedConfig": {"cluster": to}}
    return {"filterChainMatch": match, "filters": [last]}


def listener(name: str, address: str, port: int, *chains: dict[str, Any]) -> dict[str, Any]:
    """A listener with these chains."""
    socket = {"socketAddress": {"address": address, "portValue": port}}
    return {"name": name, "address": socket, "filterChains": chains}


def seen(**answer: Any) -> ProxyView:
    """The client's proxy, where istiod sends this and nothing else."""
    return view(CLIENT, Answer(**{"clusters": (), "assignments": (), "listeners": (), "routes": (), **answer}))


def test_endpoints_belong_to_their_cluster() -> None:
    """They come apart from it, in any order; one without any has none."""
    socket = {"socketAddress": {"address": "10.244.0.12", "portValue": 9080}}
    assignment = {"clusterName": "two", "endpoints": [{"lbEndpoints": [{"endpoint": {"address": socket}}]}]}
    found = seen(clusters=({"name": "one", "type": "EDS"}, {"name": "two", "type": "EDS"}), assignments=(assignment,))
    assert {"one": [], "two": ["10.244.0.12:9080"]} == {name: one.addresses for name, one in found.clusters.items()}


def test_routes_are_found_by_port_or_by_host_and_port() -> None:
    """The second is where a proxy looks what a port speaks."""
    found = seen(routes=(routes("80", reviews="by port"), routes("ratings:81", ratings="by host and port")))
    for host, port, expected in (("reviews", 80, "by port"), ("ratings", 81, "by host and port")):
        route = found.route(host, port)
        assert route
        assert {expected: 100} == route.clusters
    assert found.route("reviews", 81) is None


def test_what_passes_unseen_is_nothing_said() -> None:
    """Though there is a route for it, which takes every other host."""
    assert seen(routes=(routes("80", **{"*": "PassthroughCluster"}),)).route("reviews", 80) is None


def test_connections_leave_arrive_and_are_asked_for() -> None:
    """By address and port, by the pod's own port, and by name at a gateway."""
    found = seen(
        listeners=(
            listener("10.96.0.10_3306", "10.96.0.10", 3306, passing("leaves")),
            listener("virtualInbound", "0.0.0.0", 15006, passing("arrives", destinationPort=9080)),
            listener("0.0.0.0_15443", "0.0.0.0", 15443, passing("asked for", serverNames=["reviews.global"])),
        )
    )
    leaving, arriving = found.connection("10.96.0.10", 3306), found.arrival(9080)
    assert leaving
    assert arriving
    assert ({"leaves": 100}, {"arrives": 100}) == (leaving.clusters, arriving.clusters)
    assert "asked for" == found.sni(15443, "reviews.global")
    assert found.sni(15443, "ratings.global") is None
    assert found.connection("10.96.0.10", 3307) is None
