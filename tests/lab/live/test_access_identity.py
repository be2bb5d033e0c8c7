"""Access by identity: whom a policy names is served, from whichever cluster, and everybody else gets 403."""

from __future__ import annotations

from typing import Any

import pytest
from connections import with_a_connection_each
from outcome import expect
from written import access_policy, virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

MESH = virtual_mesh("kind2", "kind3", federation="permissive")
REVIEWS = {"name": "reviews", "namespace": "default", "cluster": "kind3"}
URL = {"kind2": "http://reviews.default.svc.kind3.global:9080/", "kind3": "http://reviews.default:9080/"}
"""What callers in each cluster call the ruled service."""

ACCOUNT = {"serviceAccount": "client", "namespace": "default"}
NAMESPACE = {"namespaces": ["elsewhere"]}
CLIENTS, VISITORS, OTHERS = (
    {"kind2/client", "kind3/client"},
    {"kind2/visitor", "kind3/visitor"},
    {"kind2/ratings-v1", "kind3/ratings-v1"},
)
STRANGER = {"kind3/stranger"}
"""It has no identity; nobody of its kind can call from another cluster."""
ALL = CLIENTS | VISITORS | OTHERS | STRANGER


@pytest.mark.parametrize(
    ("sources", "served"),
    [
        pytest.param([ACCOUNT], CLIENTS, id="account"),
        pytest.param([NAMESPACE], VISITORS, id="namespace"),
        pytest.param([ACCOUNT, NAMESPACE], CLIENTS | VISITORS, id="either"),
        pytest.param([{"clusters": ["kind2", "kind3"]}], ALL - STRANGER, id="clusters"),
        pytest.param(
            [{"clusters": ["kind2", "kind3"], "namespaces": ["elsewhere"]}], VISITORS, id="namespace in clusters"
        ),
    ],
)
def test_whom_a_policy_names(
    live: LiveMesh, snapshot: MeshSnapshot, sources: list[dict[str, Any]], served: set[str]
) -> None:
    """They are served and nobody else is, neither from the own cluster nor from the other."""
    policy = access_policy("web", destinations=[REVIEWS], sources=sources)
    live.apply(with_a_connection_each(written(snapshot, MESH, policy)))
    for caller in sorted(ALL - served):
        _expect(live, caller, "status 403")
    for caller in sorted(served):
        _expect(live, caller, "kind3")


def test_a_policy_without_sources_lets_everybody_in(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Even who has no identity; that the policy holds shows in the method that it does not allow."""
    policy = access_policy("web", destinations=[REVIEWS], methods=["GET"])
    live.apply(with_a_connection_each(written(snapshot, MESH, policy)))
    for caller in sorted(ALL):
        _expect(live, caller, "status 403", method="POST")
        _expect(live, caller, "kind3")


def test_what_no_policy_selects_stays_open(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Neither another service of that cluster nor the same service of the other cluster is ruled."""
    policy = access_policy("web", destinations=[REVIEWS], sources=[ACCOUNT])
    live.apply(with_a_connection_each(written(snapshot, MESH, policy)))
    visitor = live["kind2"].pod("visitor")
    _expect(live, "kind2/visitor", "status 403")
    expect(visitor, "http://ratings.default.svc.kind3.global:9080/", "kind3")
    expect(visitor, "http://reviews.default:9080/", "kind2")


def _expect(live: LiveMesh, caller: str, result: str, method: str = "GET") -> None:
    cluster, _, name = caller.partition("/")
    if name == "stranger":  # it asks no proxy for addresses
        expect(live[cluster].pod(name), URL[cluster], result, method=method, at=live[cluster].pod("reviews-v1").address)
    else:
        expect(live[cluster].pod(name), URL[cluster], result, method=method)
