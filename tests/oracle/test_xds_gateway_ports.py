"""Several gateways of one cluster: every address keeps the port of its own gateway.

Service Mesh Hub's successor gave all of them the last one's.
"""

from __future__ import annotations

from meshes import cluster, failover, shift, snapshot, to
from way import AWAY, behind, outbound, sni
from world import Manifests, World

from meshhub_pulumi.model.failover import backing_name

GATEWAYS = [
    {"name": "north", "addresses": ["172.18.0.230"]},
    {"name": "south", "addresses": ["172.18.0.231", "172.18.0.232"], "port": 31443, "container_port": 15443},
]
SEEN = snapshot(kind2=cluster("172.18.0.220", "v1"), kind3=cluster(GATEWAYS, "v1", "v3"))
DOORS = ["172.18.0.230:15443", "172.18.0.231:31443", "172.18.0.232:31443"]


def test_a_federated_host_has_every_gateway_at_its_own_port(world: World) -> None:
    """And every gateway's pods pass it on, whatever their port is outside."""
    world.hold(SEEN, shift(to("kind2"), (to("kind3", version="v3"), 100)))
    client = world.client()
    assert DOORS == client.clusters[outbound()].addresses
    assert DOORS == client.clusters[outbound(subset="version-v3")].addresses
    for pod in ("north", "south-1", "south-2"):
        assert ["reviews-v3:9080"] == behind(world.gateway(pod=pod), sni(subset="version-v3"))


def test_a_failover_host_has_every_gateway_in_one_tier(world: World) -> None:
    """Two ways into one cluster are one tier, after the pods that stand before both."""
    world.hold(SEEN, failover("kind2", "kind3"))
    found = world.client().clusters[outbound("reviews-ha.default.global")]
    assert ["10.244.0.12:9080", *DOORS] == found.addresses
    assert {0: ["10.244.0.12"], 1: ["172.18.0.230", "172.18.0.231", "172.18.0.232"]} == found.tiers
    for pod in ("north", "south-1", "south-2"):
        served = behind(world.gateway(pod=pod), sni(backing_name("reviews-ha.default.global")))
        assert ["reviews-v1:9080", "reviews-v3:9080"] == served


def test_one_port_for_all_would_show(world: World) -> None:
    """The control: with the last gateway's port everywhere the first gateway is called where nobody listens."""

    def last(manifests: Manifests) -> None:
        for endpoint in manifests["kind2", "ServiceEntry", f"istio-system/{AWAY}"]["spec"]["endpoints"]:
            endpoint["ports"] = {"http": 31443}

    world.hold(SEEN, shift(to("kind2"), (to("kind3", version="v3"), 100)), edit=last)
    assert "172.18.0.230:31443" in world.client().clusters[outbound()].addresses
