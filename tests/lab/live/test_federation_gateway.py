"""The east-west gateway: a caller with a certificate of the mesh gets the federated hosts of its cluster, no more."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from rendered import Objects
from tls_client import CLOSED, Greeting, authority_of, dial, issued, sni_of
from written import virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

HOST = "reviews.default.svc.kind3.global"
Ask = Callable[[str, str], Greeting]


@pytest.fixture
def ask(live: LiveMesh) -> Ask:
    """Asks a cluster's gateway for a name, from outside the mesh, with a certificate of the mesh."""
    shown = issued(authority_of(live["kind2"]), "spiffe://cluster.local/ns/default/sa/client")

    def ask(cluster: str, sni: str) -> Greeting:
        address = live.plan.clusters[cluster].node.forwards[0].address
        return dial(live["kind2"].pod("stranger"), address, sni=sni, identity=shown)

    return ask


@pytest.fixture
def federated(live: LiveMesh, snapshot: MeshSnapshot) -> Objects:
    """Reviews of each cluster, federated to the other."""
    rule = {"destinations": [{"name": "reviews", "namespace": "default"}]}
    objects = written(snapshot, virtual_mesh("kind2", "kind3", federation=[rule], strictMtls=True))
    live.apply(objects)
    return objects


def test_a_federated_host_is_served(federated: Objects, ask: Ask) -> None:
    """The control of all refusals below."""
    seen = ask("kind3", sni_of(HOST, 9080)).seen
    assert seen
    assert "kind3" == seen.cluster


def test_nothing_else_is_served(federated: Objects, ask: Ask) -> None:
    """The connection ends at the gateway."""
    asked = {
        "a service that is not federated": sni_of("ratings.default.svc.kind3.global", 9080),
        "the service by its name at home": sni_of("reviews.default.svc.cluster.local", 9080),
        "another service by its name at home": sni_of("ratings.default.svc.cluster.local", 9080),
        "a port that it does not have": sni_of(HOST, 3306),
        "a subset that it does not have": sni_of(HOST, 9080, "version-v9"),
        "the gateway itself": sni_of("istio-ingressgateway.istio-system.svc.cluster.local", 15443),
        "the bare host": HOST,
        "any other name": "shop.example.com",
    }
    assert dict.fromkeys(asked, Greeting(refused=CLOSED)) == {what: ask("kind3", sni) for what, sni in asked.items()}


def test_a_gateway_does_not_relay_to_other_clusters(federated: Objects, ask: Ask) -> None:
    """What kind3 serves is not to be had from kind2's gateway, though kind2 imports it under a like name."""
    assert Greeting(refused=CLOSED) == ask("kind2", sni_of(HOST, 9080))


def test_a_gateway_for_the_whole_suffix_would_relay(live: LiveMesh, federated: Objects, ask: Ask) -> None:
    """The control: as Service Mesh Hub wrote it, kind2's gateway passes anybody on to kind3."""
    gateway = copy.deepcopy(next(o for o in federated["kind2"] if o["kind"] == "Gateway"))
    gateway["spec"]["servers"][0]["hosts"] = ["*.global"]
    live.apply({"kind2": [gateway]})
    seen = ask("kind2", sni_of(HOST, 9080)).seen
    assert seen
    assert "kind3" == seen.cluster
