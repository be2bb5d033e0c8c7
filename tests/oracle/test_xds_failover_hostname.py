"""A failover host under a name of its own: nothing depends on the suffix of the mesh."""

from __future__ import annotations

from meshes import cluster, snapshot, spec, to
from way import behind, outbound, sni
from world import World

from meshhub_pulumi.model.failover import backing_name

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
