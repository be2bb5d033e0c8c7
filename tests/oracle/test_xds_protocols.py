"""What a port declares to speak: a federated one is treated as its service is at home."""

from __future__ import annotations

import pytest
from meshes import cluster, permissive, service, snapshot
from way import AWAY, LOCAL, behind, outbound, reached, sni
from world import Edit, Manifests, World

from lab.xds import ProxyView
from meshhub_pulumi.model.host import virtual_ip

AT_HOME, FROM_AFAR = "10.96.0.10", virtual_ip("reviews", "default", "kind3", "kube-service")
REQUESTS = [
    {"name": "http", "port": 9080},
    {"name": "http-web", "port": 9081},
    {"name": "web", "port": 9082, "app_protocol": "http"},
    {"name": "ws", "port": 9083, "app_protocol": "kubernetes.io/ws"},
]
STREAMS = [
    {"name": "grpc", "port": 9090},
    {"name": "http2-api", "port": 9091},
    {"name": "grpc-web", "port": 9092},
    {"name": "rpc", "port": 9093, "app_protocol": "grpc"},
    {"name": "h2c", "port": 9094, "app_protocol": "kubernetes.io/h2c"},
    {"name": "tcp-named-otherwise", "port": 9095, "app_protocol": "http2"},
]
BYTES = [
    {"name": "tcp", "port": 3305},
    {"name": "mysql", "port": 3306},
    {"name": "mongo", "port": 27017},
    {"name": "redis", "port": 6379},
    {"name": "https", "port": 8443},
    {"name": "tls-any", "port": 8444},
    {"name": "http-named-otherwise", "port": 8445, "app_protocol": "tcp"},
]


def held(world: World, ports: list[dict[str, object]], edit: Edit | None = None) -> ProxyView:
    """The client's proxy, where reviews of both clusters have these ports."""
    seen = [cluster(at, "v1", services=(service(*ports),)) for at in ("172.18.0.220", "172.18.0.230")]
    world.hold(snapshot(kind2=seen[0], kind3=seen[1]), permissive(), edit=edit)
    return world.client()


@pytest.mark.parametrize(("ports", "http2"), [(REQUESTS, False), (STREAMS, True)], ids=["HTTP/1.1", "HTTP/2"])
def test_requests_are_seen(world: World, ports: list[dict[str, object]], http2: bool) -> None:
    """They are routed one by one; what needs HTTP/2 upstream, as gRPC does, gets it."""
    client, gateway = held(world, ports), world.gateway()
    for number in [int(str(port["port"])) for port in ports]:
        for host in (AWAY, LOCAL):
            route = client.route(host, number)
            assert route
            assert {outbound(host, number): 100} == route.clusters
            assert http2 == client.clusters[outbound(host, number)].http2
        assert [f"reviews-v1:{number}"] == reached(client.clusters[outbound(port=number)], gateway)


def test_connections_are_passed_on_unseen(world: World) -> None:
    """Nobody waits for the client's first bytes, so that a server may speak first; mutual TLS is around all of it."""
    client, gateway = held(world, BYTES), world.gateway()
    for number in [int(str(port["port"])) for port in BYTES]:
        for address, host in ((FROM_AFAR, AWAY), (AT_HOME, LOCAL)):
            for protocol in ("", "http/1.1"):
                chain = client.connection(address, number, protocol=protocol)
                assert chain
                assert ({outbound(host, number): 100}, False) == (chain.clusters, chain.waits)
        assert client.route(AWAY, number) is None
        assert [f"reviews-v1:{number}"] == reached(client.clusters[outbound(port=number)], gateway)


def test_the_protocol_is_what_decides(world: World) -> None:
    """The control: the database's port, declared as HTTP, is read as requests."""

    def declare(manifests: Manifests) -> None:
        (port,) = manifests["kind2", "ServiceEntry", f"istio-system/{AWAY}"]["spec"]["ports"]
        port["protocol"] = "HTTP"

    client = held(world, [{"name": "mysql", "port": 3306}], edit=declare)
    chain = client.connection(FROM_AFAR, 3306, protocol="http/1.1")
    assert chain
    assert ({}, True) == (chain.clusters, chain.waits)
    assert ["reviews-v1:3306"] == behind(world.gateway(), sni(port=3306))
