"""The join that failover rests on: two ServiceEntries of one host in one namespace are one set of endpoints.

One selects the local pods, the other lists the gateways of other clusters. That istiod joins them is not documented.
"""

from __future__ import annotations

import time

import pytest
from meshes import cluster, failover, snapshot
from way import outbound
from world import Manifest, Manifests, World

from lab import xds

SEEN = snapshot(kind2=cluster("172.18.0.220", "v1", "v2"), kind3=cluster("172.18.0.230", "v1", "v3"))
HA = "reviews-ha.default.global"
PODS, GATEWAY = f"default/{HA}", f"default/{HA}-remote"
API = "networking.istio.io/v1"
JOINED = {0: ["10.244.0.12", "10.244.0.13"], 1: ["172.18.0.230"]}


def tiers(world: World) -> dict[int, list[str]]:
    """The endpoints of the failover host, as the client in kind2 sees them."""
    return world.client().clusters[outbound(HA)].tiers


def entry(world: World, named: str) -> Manifest:
    """One of the two ServiceEntries in kind2, to be applied again."""
    namespace, _, name = named.partition("/")
    found = world.clusters["kind2"].api.read(API, "ServiceEntry", name, namespace)
    assert found
    return {**found, "metadata": {"name": name, "namespace": namespace}}


def remove(world: World, manifest: Manifest) -> None:
    """Delete it, until istiod knows."""
    world.change("kind2").delete(API, "ServiceEntry", manifest["metadata"]["name"], "default")
    xds.settle(world.clusters["kind2"])


def test_both_entries_are_one_host(world: World) -> None:
    """One cluster with the endpoints of both."""
    world.hold(SEEN, failover("kind2", "kind3"))
    assert JOINED == tiers(world)


@pytest.mark.parametrize("first", [PODS, GATEWAY], ids=["the pods", "the gateway"])
def test_either_entry_may_come_and_go(world: World, first: str) -> None:
    """Without one the other's endpoints are left, in their place; made anew it is the younger one, and all is back."""
    world.hold(SEEN, failover("kind2", "kind3"))
    manifest = entry(world, first)
    remove(world, manifest)
    left = [addresses for tier, addresses in JOINED.items() if (tier == 0) == (first == GATEWAY)]
    assert left == list(tiers(world).values())
    time.sleep(1.1)  # Kubernetes tells the age of objects in whole seconds
    world.change("kind2").apply([manifest])
    xds.settle(world.clusters["kind2"])
    assert JOINED == tiers(world)


def test_pods_come_and_go(world: World) -> None:
    """The selector still selects: a pod that is not ready leaves, and the gateway stays where it is."""
    world.hold(SEEN, failover("kind2", "kind3"))
    api = world.change("kind2")
    pod = api.read("v1", "Pod", "reviews-v1", "default")
    assert pod
    for condition in pod["status"]["conditions"]:
        condition["status"] = "False"
    api.apply([{**pod, "metadata": {k: pod["metadata"][k] for k in ("name", "namespace", "labels")}}])
    xds.settle(world.clusters["kind2"])
    assert {0: ["10.244.0.13"], 1: ["172.18.0.230"]} == tiers(world)


def test_entries_of_two_namespaces_are_two_hosts(world: World) -> None:
    """The control: what joins is the host in its namespace. The caller's own has its endpoints, the other is lost."""

    def move(manifests: Manifests) -> None:
        moved = manifests["kind2", "ServiceEntry", GATEWAY]
        moved["metadata"]["namespace"] = "istio-system"
        moved["spec"]["exportTo"] = ["*"]

    world.hold(SEEN, failover("kind2", "kind3"), edit=move)
    assert {0: JOINED[0]} == tiers(world)
