"""Several access policies on one service add up, each as a whole."""

from __future__ import annotations

from connections import with_a_connection_each
from outcome import expect
from written import access_policy, virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

URL = "http://reviews.default.svc.kind3.global:9080"
MESH = virtual_mesh("kind2", "kind3", federation="permissive")
REVIEWS = {"name": "reviews", "namespace": "default", "cluster": "kind3"}
READ = access_policy(
    "read", destinations=[REVIEWS], sources=[{"serviceAccount": "client", "namespace": "default"}], methods=["GET"]
)
WRITE = access_policy("write", destinations=[REVIEWS], sources=[{"namespaces": ["elsewhere"]}], methods=["POST"])
HEALTH = access_policy("health", destinations=[REVIEWS], paths=["/health"])


def test_each_policy_lets_its_own_callers_do_their_own(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Nobody gets what one policy gives to some and another to others."""
    live.apply(with_a_connection_each(written(snapshot, MESH, READ, WRITE, HEALTH)))
    wanted = {
        ("client", "POST", "/"): "status 403",
        ("visitor", "GET", "/"): "status 403",
        ("ratings-v1", "GET", "/"): "status 403",
        ("ratings-v1", "POST", "/"): "status 403",
        ("client", "GET", "/"): "kind3",
        ("visitor", "POST", "/"): "kind3",
        ("ratings-v1", "GET", "/health"): "kind3",
        ("visitor", "GET", "/health"): "kind3",
    }
    for (caller, method, path), result in wanted.items():
        expect(live["kind2"].pod(caller), URL + path, result, method=method)


def test_a_policy_that_goes_takes_its_own_callers_along(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """The others' are still served."""
    live.apply(with_a_connection_each(written(snapshot, MESH, READ, WRITE)))
    expect(live["kind2"].pod("visitor"), URL, "kind3", method="POST")
    live.apply(written(snapshot, MESH, READ))
    expect(live["kind2"].pod("visitor"), URL, "status 403", method="POST")
    expect(live["kind2"].pod("client"), URL, "kind3")
