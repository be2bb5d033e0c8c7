"""Connection settings: what a caller's proxy makes of them, for hosts at home and away."""

from __future__ import annotations

from typing import Any

from meshes import cluster, permissive, snapshot, spec, to
from way import AWAY, LOCAL, outbound
from world import World

from lab.xds import Cluster

SEEN = snapshot(kind2=cluster("172.18.0.220", "v1"), kind3=cluster("172.18.0.230", "v1"))
PROTOCOL = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
SETTINGS: dict[str, Any] = {
    "max_connections": 100,
    "max_pending_requests": 20,
    "max_requests": 200,
    "max_requests_per_connection": 50,
    "max_retries": 5,
    "idle_timeout": "1m",
    "max_connection_duration": "1h",
    "connect_timeout": "500ms",
    "tcp_keepalive": {"probes": 3, "time": "30s", "interval": "5s"},
}


def limits(found: Cluster) -> dict[str, Any]:
    """What Envoy is told of the connections of a cluster."""
    [thresholds] = found.raw["circuitBreakers"]["thresholds"]
    names = ("maxConnections", "maxPendingRequests", "maxRequests", "maxRetries")
    http = found.raw.get("typedExtensionProtocolOptions", {}).get(PROTOCOL, {}).get("commonHttpProtocolOptions", {})
    return {
        **{name: thresholds.get(name) for name in names},
        **http,
        "connectTimeout": found.raw["connectTimeout"],
        "keepalive": found.raw.get("upstreamConnectionOptions", {}).get("tcpKeepalive"),
    }


def test_callers_keep_to_them_wherever_the_host_is(world: World) -> None:
    """Every setting arrives, the one idle timeout for requests too; a host of which nothing is said has Istio's own."""
    world.hold(SEEN, permissive(), spec("TrafficPolicy", "p", destinations=[to("kind3")], connection_pool=SETTINGS))
    asked = {
        "maxConnections": 100,
        "maxPendingRequests": 20,
        "maxRequests": 200,
        "maxRetries": 5,
        "maxRequestsPerConnection": 50,
        "idleTimeout": "60s",
        "maxConnectionDuration": "3600s",
        "connectTimeout": "0.500s",
        "keepalive": {"keepaliveProbes": 3, "keepaliveTime": 30, "keepaliveInterval": 5},
    }
    assert asked == limits(world.client("kind2").clusters[outbound(AWAY)])
    assert asked == limits(world.client("kind3").clusters[outbound(LOCAL)])
    unsaid = limits(world.client("kind2").clusters[outbound(LOCAL)])
    assert ("10s", None) == (unsaid["connectTimeout"], unsaid["keepalive"])


def test_a_mesh_keeps_connections_to_other_clusters_alive(world: World) -> None:
    """Those and no others."""
    mesh = spec(
        "VirtualMesh",
        "mesh",
        clusters=["kind2", "kind3"],
        federation="permissive",
        tcp_keepalive={"time": "60s"},
    )
    world.hold(SEEN, mesh)
    client = world.client("kind2")
    assert {"keepaliveTime": 60} == limits(client.clusters[outbound(AWAY)])["keepalive"]
    assert limits(client.clusters[outbound(LOCAL)])["keepalive"] is None
