"""Ports that say little: without a name, and without a protocol."""

from __future__ import annotations

import time

import pytest
from meshes import cluster, permissive, service, snapshot
from way import AWAY, LOCAL, outbound, reached
from world import Manifests, World, population

from lab import xds
from lab.mesh.plan import plan
from meshhub_pulumi.model.host import virtual_ip
from meshhub_pulumi.model.snapshot import MeshSnapshot

REQUEST = "istio-http/1.1"
"""What a sidecar says of a connection on which it sends requests."""


def mesh(port: dict[str, object]) -> MeshSnapshot:
    """Reviews of both clusters have this one port."""
    seen = [cluster(at, "v1", services=(service(port),)) for at in ("172.18.0.220", "172.18.0.230")]
    return snapshot(kind2=seen[0], kind3=seen[1])


@pytest.mark.parametrize(
    ("port", "sees_requests"),
    [({"port": 7000, "app_protocol": "http"}, True), ({"port": 7000, "app_protocol": "tcp"}, False)],
    ids=["HTTP", "TCP"],
)
def test_a_port_needs_no_name(world: World, port: dict[str, object], sees_requests: bool) -> None:
    """A Service may leave out the name of its only port, a ServiceEntry may not: it is called by its protocol."""
    world.hold(mesh(port), permissive())
    client = world.client()
    for host in (AWAY, LOCAL):
        assert sees_requests == (client.route(host, 7000) is not None)
    assert ["reviews-v1:7000"] == reached(client.clusters[outbound(port=7000)], world.gateway())


def test_a_port_without_a_protocol_is_tcp_from_afar(world: World) -> None:
    """At home the proxy looks what comes; a federated one takes all of it for bytes (MH124 says so)."""
    world.hold(mesh({"port": 7000, "name": "own"}), permissive())
    client = world.client()
    far = client.connection(virtual_ip("reviews", "default", "kind3", "kube-service"), 7000, protocol="http/1.1")
    near = client.connection("10.96.0.10", 7000, protocol="http/1.1")
    assert far
    assert near
    assert ({outbound(port=7000): 100}, False) == (far.clusters, far.waits)
    assert (f"{LOCAL}:7000", True) == (near.routes, near.waits)
    assert ["reviews-v1:7000"] == reached(client.clusters[outbound(port=7000)], world.gateway())


def recreate_service(world: World, seen: MeshSnapshot) -> None:
    """Have kind3's reviews made again, so that it is younger than what we rendered about it."""
    api = world.change("kind3")
    api.delete("v1", "Service", "reviews", "default")
    time.sleep(1.1)  # Kubernetes tells the age of objects in whole seconds
    api.apply([x for x in population(plan(seen, "").clusters["kind3"]) if x["metadata"]["name"] == "reviews"])
    xds.settle(world.clusters["kind3"])


def sees_requests(world: World) -> bool:
    """Whether the sidecar of the pod that is called reads what other sidecars send as requests."""
    found = world.pod("reviews-v1").arrival(7000, protocol=REQUEST)
    assert found
    return bool(found.routes)


def test_a_pod_sees_requests_whatever_is_federated(world: World) -> None:
    """What a Service says of its port holds at its pods: it is older than the federated host."""
    world.hold(mesh({"port": 7000, "name": "own"}), permissive())
    assert sees_requests(world)


def test_a_pod_sees_requests_after_its_service_is_made_again(world: World) -> None:
    """The oldest of the hosts with a port decides at the pods; the federated one should say as little as the Service.

    Where it says TCP, rules about paths and methods no longer hold for calls inside the cluster either.
    """
    seen = mesh({"port": 7000, "name": "own"})
    world.hold(seen, permissive())
    recreate_service(world, seen)
    assert sees_requests(world)


def test_an_entry_that_says_nothing_either_would_be_right(world: World) -> None:
    """Istio takes a port without a protocol, looks what comes there, and at the pods changes nothing."""

    def say_nothing(manifests: Manifests) -> None:
        for (_, kind, _), manifest in manifests.items():
            if kind == "ServiceEntry":
                manifest["spec"]["ports"][0].pop("protocol", None)

    seen = mesh({"port": 7000, "name": "own"})
    world.hold(seen, permissive(), edit=say_nothing)
    recreate_service(world, seen)
    assert sees_requests(world)
    address = virtual_ip("reviews", "default", "kind3", "kube-service")
    far = world.client().connection(address, 7000, protocol="http/1.1")
    assert far
    assert f"{AWAY}:7000" == far.routes
