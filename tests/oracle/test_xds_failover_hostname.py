"""A failover host under a name of its own: nothing depends on the suffix of the mesh."""

from __future__ import annotations

from meshes import cluster, failover, shift, snapshot, spec, to
from way import LOCAL, behind, outbound, sni
from world import World

from lab import xds
from meshhub_pulumi.model.failover import backing_name
from meshhub_pulumi.standard import compile_standard

SEEN = snapshot(kind2=cluster("172.18.0.220", "v1"), kind3=cluster("172.18.0.230", "v1"))
HOST = "reviews.example.com"


def test_any_name_will_do(world: World) -> None:
    """Callers reach the tiers by the name in the request, and the other cluster's gateway serves the backing."""
    world.hold(
        SEEN,
        spec(
            "FailoverService",
            "reviews",
            hostname=HOST,
            port={"number": 9080},
            backing_services=[to("kind2"), to("kind3")],
        ),
    )
    client = world.client()
    route = client.route(HOST, 9080)
    assert route
    assert {outbound(HOST): 100} == route.clusters
    assert [0, 1] == sorted(client.clusters[outbound(HOST)].tiers)
    assert ["reviews-v1:9080"] == behind(world.gateway("kind3"), sni(backing_name(HOST)))
    assert [] == behind(world.gateway("kind3"), sni(HOST))


def test_callers_beside_a_gateway_do_not_see_it(world: World) -> None:
    """A route sends them to a cluster that their proxies lack, which Envoy answers with 503 (MH614)."""
    web = {"name": "web", "namespace": "edge", "labels": {"app": "web"}}
    seen = snapshot(
        kind2=cluster({"namespace": "edge", "addresses": ["172.18.0.220"]}, "v1", web),
        kind3=cluster("172.18.0.230", "v1"),
    )
    sent = ({"failover_service": "reviews-ha", "namespace": "default"}, 100)
    specs = (failover("kind2", "kind3"), shift(to("kind2"), sent))
    world.hold(seen, *specs)
    there = outbound("reviews-ha.default.global")
    beside = xds.proxy(world.clusters["kind2"], "web", namespace="edge")
    for proxy, knows in ((world.client(), True), (beside, False)):
        route = proxy.route(LOCAL, 9080)
        assert route
        assert ({there: 100}, knows) == (route.clusters, there in proxy.clusters)
    assert "MH614" in {finding.code for finding in compile_standard(specs, seen).findings}
