"""Clusters on one network: federation goes through the gateways there too, and beside remote secrets it would fail."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from connections import with_a_connection_each
from outcome import expect
from rendered import Objects
from tls_client import authority_of, dial, issued
from written import virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.readers.files import read_snapshot

HOST = "reviews.default.svc.west.global"
AWAY = f"http://{HOST}:9080/"


@pytest.fixture(scope="module")
def snapshot() -> MeshSnapshot:
    """The mesh of flat_network.yaml."""
    return read_snapshot(Path(__file__).with_name("flat_network.yaml"))


@pytest.fixture(scope="module")
def objects(snapshot: MeshSnapshot) -> Objects:
    """Everything federated."""
    everything = virtual_mesh("east", "west", federation="permissive", strictMtls=True)
    return with_a_connection_each(written(snapshot, everything))


@pytest.fixture
def flat(running: LiveMesh, objects: Objects) -> Iterator[LiveMesh]:
    """It with the objects, and with nothing left of the test before."""
    running.apply(objects)
    yield running
    running.reset()


def test_requests_pass_the_gateway(flat: LiveMesh) -> None:
    """The pod there can be reached directly, and still every request is sent to the gateway's address."""
    shown = issued(authority_of(flat["east"]), "spiffe://cluster.local/ns/default/sa/client")
    there = flat["west"].pod("reviews-v2").address
    # From a gateway's namespace: nothing there redirects connections into a proxy.
    directly = dial(flat["east"].gateway(), there, port=9080, sni="reviews", identity=shown).seen
    assert directly
    assert "west" == directly.cluster

    client = flat["east"].pod("client")
    expect(client, AWAY, "west", n=20)
    gateway = flat.plan.clusters["west"].node.forwards[0]
    (known,) = (each for each in client.endpoints() if each["name"] == f"outbound|9080||{HOST}")
    (endpoint,) = known["host_statuses"]
    assert {"address": gateway.address, "port_value": gateway.port} == endpoint["address"]["socket_address"]
    assert 20 <= next(int(stat["value"]) for stat in endpoint["stats"] if stat["name"] == "rq_total")


def test_the_library_refuses_remote_secrets(snapshot: MeshSnapshot) -> None:
    """A cluster that is said to hold them is not federated."""
    everything = virtual_mesh("east", {"name": "west", "remoteSecrets": True}, federation="permissive")
    with pytest.raises(AssertionError, match=r"MH609.*west holds remote secrets"):
        written(snapshot, everything)


def test_what_remote_secrets_would_do(flat: LiveMesh) -> None:
    """West's gateway hands requests to pods of east too; only without the secret and with a new istiod it stops.

    Why the library refuses them, and why it advises just that.
    """
    client, west = flat["east"].pod("client"), flat["west"]
    expect(client, AWAY, "west", n=24)
    secret = _remote_secret(flat, "east")
    west.api.apply([secret])
    expect(client, AWAY, "east", "west", n=24)
    west.api.delete("v1", "Secret", secret["metadata"]["name"], secret["metadata"]["namespace"])
    flat.settle()
    expect(client, AWAY, "east", "west", n=24)
    west.control_plane.stop()
    west.heal()
    flat.settle()
    expect(client, AWAY, "west", n=24)


def _remote_secret(flat: LiveMesh, cluster: str) -> dict[str, Any]:
    """What `istioctl create-remote-secret` makes: access to another cluster, for istiod."""
    kubeconfig = flat[cluster].control_plane.cluster.kubeconfig.read_bytes()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"istio-remote-secret-{cluster}",
            "namespace": "istio-system",
            "labels": {"istio/multiCluster": "true"},
        },
        "data": {cluster: base64.b64encode(kubeconfig).decode()},
    }
