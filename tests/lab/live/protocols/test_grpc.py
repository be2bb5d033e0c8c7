"""gRPC on the wire: calls are routed, repeated and refused one by one, though many share a connection.

Callers in kind2, the service `carts` in both clusters, strict mutual TLS, and gateways in between.
"""

from __future__ import annotations

from typing import Any

from connections import with_a_connection_each
from outcome import expect, outcome
from written import access_policy, traffic_policy, virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

MESH = virtual_mesh("kind2", "kind3", federation="permissive", strictMtls=True)
CARTS = {"name": "carts", "namespace": "default"}
HOME, FEDERATED = "grpc://carts:50051", "grpc://carts.default.svc.kind3.global:50051"


def test_each_call_of_a_connection_is_routed(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Shares and subsets of two clusters are those of the calls, not of the caller's one connection."""
    live.apply(written(snapshot, MESH, _policy(trafficShift=[_share("v1", "kind3", 75), _share("v2", "kind2", 25)])))
    answers = live["kind2"].pod("client").call(f"{HOME}/shop.Cart/Add", n=600)
    answers.assert_shares({"v1@kind3": 75, "v2@kind2": 25})
    assert all(answer.reused for answer in answers[1:])


def test_what_methods_ask_for(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """A match of the path is one of the method; who waits too long is told so, and `unavailable` can be tried again."""
    live.apply(
        written(
            snapshot,
            MESH,
            _policy("moved", path="/shop.Cart/Move", trafficShift=[_share("v2", "kind3", 100)]),
            _policy("limited", path="/shop.Cart/Slow", timeout="300ms"),
            _policy("repeated", path="/shop.Cart/Try", retries={"attempts": 2, "retryOn": ["unavailable"]}),
            _policy("once", path="/shop.Cart/Once", retries={"attempts": 0}),
            _policy("rest", timeout="5s"),
        )
    )
    client = live["kind2"].pod("client")
    assert {"v2@kind3": 20} == client.call(f"{HOME}/shop.Cart/Move", n=20).counts
    assert {"v1@kind2", "v2@kind2"} == set(client.call(f"{HOME}/shop.Cart/Moved", n=40).counts)
    unavailable = "header=grpc-status:14&times=1"
    expected = {
        "Slow?delay=50": "kind2",
        f"Try?{unavailable}": "kind2",
        f"Once?{unavailable}": "grpc 14",
    }
    assert expected == {each: outcome(client.call(f"{HOME}/shop.Cart/{each}")[0]) for each in expected}
    # the caller's proxy says unavailable; the other one, which is told the time in grpc-timeout, that it has passed
    assert outcome(client.call(f"{HOME}/shop.Cart/Slow?delay=1000")[0]) in ("grpc 14", "grpc 4")


def test_a_policy_allows_methods(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """By their path; any other is refused by a status of gRPC, not by one of HTTP."""
    allowed = access_policy("web", destinations=[{**CARTS, "cluster": "kind3"}], paths=["/shop.Cart/Get"])
    live.apply(with_a_connection_each(written(snapshot, MESH, allowed), "kind2", http2=True))
    client = live["kind2"].pod("client")
    expect(client, f"{FEDERATED}/shop.Cart/Add", "grpc 7")
    expect(client, f"{FEDERATED}/shop.Cart/Get", "kind3")


def _policy(name: str = "carts", *, path: str = "", **asked: Any) -> dict[str, Any]:
    matches = {"matches": [{"exact": path}]} if path else {}
    return traffic_policy(name, destinations=[{**CARTS, "cluster": "kind2"}], **matches, **asked)


def _share(version: str, cluster: str, weight: int) -> dict[str, Any]:
    return {"destination": {**CARTS, "cluster": cluster, "subset": {"version": version}}, "weight": weight}
