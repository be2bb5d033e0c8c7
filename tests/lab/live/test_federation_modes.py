"""Federation: what is federated to a cluster can be called there by its name, and nothing else can."""

from __future__ import annotations

from typing import Any

import pytest
from outcome import expect
from tls_client import CLOSED, authority_of, dial, issued, sni_of
from written import traffic_policy, virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

NO_ADDRESS = "connect"
"""The name means nothing to the caller's proxy."""
SERVICES = ("reviews", "ratings")
TO_KIND3 = traffic_policy(
    "reviews",
    destinations=[{"name": "reviews", "namespace": "default", "cluster": "kind2"}],
    trafficShift=[{"destination": {"name": "reviews", "namespace": "default", "cluster": "kind3"}, "weight": 100}],
)
RATINGS_TO_KIND2 = {
    "destinations": [{"name": "ratings", "namespace": "default", "cluster": "kind3"}],
    "clusters": ["kind2"],
}


@pytest.mark.parametrize(
    ("federation", "policies", "known"),
    [
        pytest.param("referenced", [TO_KIND3], {("kind2", "reviews")}, id="referenced"),
        pytest.param("referenced", [], set(), id="referenced by nothing"),
        pytest.param("none", [], set(), id="none"),
        pytest.param([RATINGS_TO_KIND2], [], {("kind2", "ratings")}, id="a rule"),
        pytest.param(
            [RATINGS_TO_KIND2, {"destinations": [{"clusters": ["kind2"]}]}],
            [],
            {("kind2", "ratings"), ("kind3", "reviews"), ("kind3", "ratings")},
            id="rules",
        ),
        pytest.param(
            "permissive",
            [],
            {("kind2", "reviews"), ("kind2", "ratings"), ("kind3", "reviews"), ("kind3", "ratings")},
            id="permissive",
        ),
    ],
)
def test_what_is_known_where(
    live: LiveMesh, snapshot: MeshSnapshot, federation: Any, policies: list[Any], known: set[tuple[str, str]]
) -> None:
    """In each cluster, by the names of the other's services; and the other's gateway serves those names alone.

    A name is not the only way to ask: whoever may speak to the gateway can ask for any, so that one is asked too,
    with a certificate of the mesh.
    """
    live.apply(written(snapshot, virtual_mesh("kind2", "kind3", federation=federation), *policies))
    for client, server in (("kind2", "kind3"), ("kind3", "kind2")):
        for name in SERVICES:
            is_known = (client, name) in known
            host = f"{name}.default.svc.{server}.global"
            expect(live[client].pod("client"), f"http://{host}:9080/", server if is_known else NO_ADDRESS, n=2)
            assert is_known == _served_by_gateway(live, host, client, server)


def _served_by_gateway(live: LiveMesh, host: str, client: str, server: str) -> bool:
    """Whether the server's gateway passes a caller through that asks for the host on its own account."""
    shown = issued(authority_of(live[client]), "spiffe://cluster.local/ns/default/sa/client")
    address = live.plan.clusters[server].node.forwards[0].address
    try:
        greeting = dial(live[client].pod("stranger"), address, sni=sni_of(host, 9080), identity=shown)
    except ConnectionRefusedError:
        return False
    assert greeting.seen or greeting.refused == CLOSED
    return greeting.seen is not None
