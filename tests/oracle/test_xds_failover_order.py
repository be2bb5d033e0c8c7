"""The order of failover: each backing is a tier, in the order in which they are named, wherever one looks from."""

from __future__ import annotations

import pytest
from meshes import cluster, failover, snapshot
from way import asked, outbound, sni
from world import Manifests, World

from meshhub_pulumi.model.failover import backing_name

GATEWAYS = {f"kind{number}": [f"172.18.{number}.1", f"172.18.{number}.2"] for number in range(2, 7)}
CLUSTERS = tuple(GATEWAYS)
SEEN = snapshot(**{name: cluster({"addresses": at}, "v1", "v2") for name, at in GATEWAYS.items()})


def orders(backings: int) -> list[tuple[str, ...]]:
    """Orders of so many clusters: in some kind2 has each place, and in the last none."""
    some = CLUSTERS[:backings]
    return [*(some[place:] + some[:place] for place in range(backings)), CLUSTERS[-backings:]]


def host(order: tuple[str, ...]) -> str:
    """The failover host of an order."""
    return f"{'-'.join(order)}.default.global"


def owner(address: str, seen_from: str) -> str:
    """The cluster to which an endpoint leads: a gateway's, or for pods the one where they are seen."""
    return next((name for name, addresses in GATEWAYS.items() if address in addresses), seen_from)


@pytest.mark.parametrize("backings", [2, 3, 4])
def test_tiers_are_in_the_order_of_the_backings(world: World, backings: int) -> None:
    """Local pods have their place among the gateways, the first, the last or any between, or there are none.

    Two pods stand for a cluster at home and two gateways for any other, so every tier has two endpoints.
    """
    world.hold(SEEN, *(failover(*order, name="-".join(order)) for order in orders(backings)))
    for seen_from in ("kind2", "kind3"):
        client = world.client(seen_from)
        for order in orders(backings):
            found = client.clusters[outbound(host(order))]
            owners = {tier: [owner(one, seen_from) for one in some] for tier, some in found.tiers.items()}
            assert {tier: [name, name] for tier, name in enumerate(order)} == owners
            assert {sni(backing_name(host(order)))} == asked(found)
            assert found.outlier_detection


PLACES = {
    "kind2": {"region": "eu-1", "zone": "a"},
    "kind3": {"region": "us-1", "zone": "a"},
    "kind4": {"region": "eu-1", "zone": "a"},
    "kind5": {"region": "eu-1", "zone": "b"},
    "kind6": {"region": "ap-1", "zone": "a"},
}
NEAREST = {
    "kind2": ("kind2", "kind4", "kind5", "kind6", "kind3"),
    "kind3": ("kind3", "kind6", "kind5", "kind4", "kind2"),
}


def test_the_nearest_come_first(world: World) -> None:
    """istiod gives each cluster's callers the order of their own: by zone, by region, by the regions that are next."""
    placed = {name: cluster({"addresses": at}, "v1", "v2", locality=PLACES[name]) for name, at in GATEWAYS.items()}
    listed = ("kind6", "kind5", "kind4", "kind3", "kind2")
    next_regions = [{"region": "eu-1", "to": ["ap-1", "us-1"]}]
    world.hold(snapshot(**placed), failover(*listed, name="near", order="nearest", next_regions=next_regions))
    for seen_from, order in NEAREST.items():
        found = world.client(seen_from).clusters[outbound("near.default.global")]
        owners = {tier: [owner(one, seen_from) for one in some] for tier, some in found.tiers.items()}
        assert {tier: [name, name] for tier, name in enumerate(order)} == owners


def test_without_priorities_there_are_no_tiers(world: World) -> None:
    """The control: the labels alone order nothing."""
    order = CLUSTERS[:3]

    def forget(manifests: Manifests) -> None:
        rule = manifests["kind2", "DestinationRule", f"default/{host(order)}"]
        del rule["spec"]["trafficPolicy"]["loadBalancer"]

    world.hold(SEEN, failover(*order, name="-".join(order)), edit=forget)
    found = world.client().clusters[outbound(host(order))]
    assert ({0}, 6) == (found.tiers.keys(), len(found.endpoints))
