"""Headless services: from afar they are like any other; at home the caller has picked its pod already."""

from __future__ import annotations

import pytest
from meshes import cluster, permissive, service, shift, snapshot, to
from way import LOCAL, outbound, reached
from world import World

TCP = service({"name": "tcp", "port": 3306})


@pytest.mark.parametrize("headless", [(), ("reviews",)], ids=["with an address", "headless"])
def test_a_federated_service_may_be_headless(world: World, headless: tuple[str, ...]) -> None:
    """Its federated host has an address and balances; the gateway of its cluster picks the pod, by subset too."""
    seen = snapshot(kind2=cluster("172.18.0.220", "v1"), kind3=cluster("172.18.0.230", "v1", "v3"))
    policy = shift(to("kind2"), (to("kind3", version="v3"), 75), (to("kind3"), 25))
    world.hold(seen, policy, headless=headless)
    client, gateway = world.client(), world.gateway()
    route = client.route("reviews", 9080)
    assert route
    assert {outbound(subset="version-v3"): 75, outbound(): 25} == route.clusters
    assert ["reviews-v3:9080"] == reached(client.clusters[outbound(subset="version-v3")], gateway)
    assert ["reviews-v1:9080", "reviews-v3:9080"] == reached(client.clusters[outbound()], gateway)


def test_a_headless_tcp_service_is_served_to_other_clusters(world: World) -> None:
    """As databases often are."""
    seen = [cluster(at, "v1", "v3", services=(TCP,)) for at in ("172.18.0.220", "172.18.0.230")]
    world.hold(snapshot(kind2=seen[0], kind3=seen[1]), permissive(), headless=["reviews"])
    found = world.client().clusters[outbound(port=3306)]
    assert ["172.18.0.230:15443"] == found.addresses
    assert ["reviews-v1:3306", "reviews-v3:3306"] == reached(found, world.gateway())


@pytest.mark.parametrize(
    ("headless", "kind", "pods"),
    [((), "EDS", ["reviews-v1"]), (("reviews",), "ORIGINAL_DST", [])],
    ids=["with an address", "headless"],
)
def test_a_local_share_of_a_headless_service_is_no_version(
    world: World, headless: tuple[str, ...], kind: str, pods: list[str]
) -> None:
    """A trap, and no object of ours could close it: such a share goes to the pod that the caller's app had dialled."""
    seen = snapshot(kind2=cluster("172.18.0.220", "v1", "v2"), kind3=cluster("172.18.0.230", "v3"))
    policy = shift(to("kind2"), (to("kind3", version="v3"), 75), (to("kind2", version="v1"), 25))
    world.hold(seen, policy, headless=headless)
    client = world.client()
    route = client.route("reviews", 9080)
    assert route
    assert {outbound(subset="version-v3"): 75, outbound(LOCAL, subset="version-v1"): 25} == route.clusters
    found = client.clusters[outbound(LOCAL, subset="version-v1")]
    assert (kind, pods) == (found.kind, found.workloads)
