"""Subsets by name: every name that callers ask a gateway for leads to the pods of that version, and no other does."""

from __future__ import annotations

from meshes import cluster, failover, shift, snapshot, spec, to
from way import AWAY, LOCAL, asked, behind, outbound, reached, sni
from world import Manifests, World

from meshhub_pulumi.model.failover import backing_name

SEEN = snapshot(kind2=cluster("172.18.0.220", "v1", "v2"), kind3=cluster("172.18.0.230", "v1", "v3"))
HA = "reviews-ha.default.global"
BACKING = backing_name(HA)
TO_HA = spec(
    "TrafficPolicy",
    "reviews",
    destinations=[to("kind2")],
    traffic_shift=[
        {
            "destination": {"failover_service": "reviews-ha", "namespace": "default", "subset": {"version": "v1"}},
            "weight": 100,
        }
    ],
)


def test_a_federated_version_is_that_version(world: World) -> None:
    """The caller's subset is any way into the cluster; the name it asks for says which pods.

    Its rule is in the root namespace and the route in another: istiod looks in both.
    """
    world.hold(SEEN, shift(to("kind2"), (to("kind3", version="v3"), 75), (to("kind2", version="v1"), 25)))
    client, gateway = world.client(), world.gateway()
    route = client.route("reviews", 9080)
    assert route
    assert {outbound(subset="version-v3"): 75, outbound(LOCAL, subset="version-v1"): 25} == route.clusters
    for subset, pods in (("", ["reviews-v1:9080", "reviews-v3:9080"]), ("version-v3", ["reviews-v3:9080"])):
        found = client.clusters[outbound(subset=subset)]
        assert {sni(subset=subset)} == asked(found)
        assert pods == reached(found, gateway)
    for refused in (sni(subset="version-v2"), sni(port=9081), sni("reviews.default.svc.kind2.global"), AWAY):
        assert [] == behind(gateway, refused)


def test_a_version_that_the_server_does_not_know_is_refused(world: World) -> None:
    """The control, and what makes both sides necessary (istio#40673): one without the other is refused at the door."""

    def forget(manifests: Manifests) -> None:
        del manifests["kind3", "DestinationRule", f"default/{AWAY}"]["spec"]["subsets"]

    world.hold(SEEN, shift(to("kind2"), (to("kind3", version="v3"), 100)), edit=forget)
    assert [] == reached(world.client().clusters[outbound(subset="version-v3")], world.gateway())
    assert ["reviews-v1:9080", "reviews-v3:9080"] == reached(world.client().clusters[outbound()], world.gateway())


def test_a_failover_version_is_that_version_everywhere(world: World) -> None:
    """The local pods of the version first, then a gateway that is asked for the backing's subset."""
    world.hold(SEEN, failover("kind2", "kind3"), TO_HA)
    client, gateway = world.client(), world.gateway()
    route = client.route("reviews", 9080)
    assert route
    assert {outbound(HA, subset="version-v1"): 100} == route.clusters
    found = client.clusters[outbound(HA, subset="version-v1")]
    assert {0: ["10.244.0.12"], 1: ["172.18.0.230"]} == found.tiers
    assert {sni(BACKING, subset="version-v1")} == asked(found)
    assert ["reviews-v1:9080"] == reached(found, gateway)


def test_gateways_serve_backings_and_not_the_failover_host(world: World) -> None:
    """Under the failover host's own name a gateway would pass requests on to other clusters."""
    world.hold(SEEN, failover("kind2", "kind3"), TO_HA)
    for name, other in (("kind2", "v2"), ("kind3", "v3")):
        gateway = world.gateway(name)
        assert ["reviews-v1:9080", f"reviews-{other}:9080"] == behind(gateway, sni(BACKING))
        assert ["reviews-v1:9080"] == behind(gateway, sni(BACKING, subset="version-v1"))
        assert [] == behind(gateway, sni(HA))
        assert [] == behind(gateway, sni(HA, subset="version-v1"))
