"""Global access, enabled: nothing is served that no policy allows, and gateways stay open, for the servers decide."""

from __future__ import annotations

from typing import Any

import pytest
from connections import with_a_connection_each
from outcome import expect
from rendered import Objects
from written import access_policy, virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

AT_HOME = "http://reviews.default:9080/"
AWAY = "http://reviews.default.svc.kind3.global:9080/"
MESH = virtual_mesh("kind2", "kind3", federation="permissive", globalAccessPolicy="enabled")
REVIEWS = {"name": "reviews", "namespace": "default", "cluster": "kind3"}
CLIENT = {"serviceAccount": "client", "namespace": "default"}
EDGE = {"serviceAccount": "istio-ingressgateway", "namespace": "istio-system"}
POLICY = access_policy("web", destinations=[REVIEWS], sources=[CLIENT, EDGE])


def test_without_a_policy_nobody_is_served(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Neither at home nor from afar; with the mesh's default the same callers are."""
    open_to_all = {**MESH, "spec": {**MESH["spec"], "globalAccessPolicy": "mesh_default"}}
    for mesh, home, away in ((open_to_all, "kind2", "kind3"), (MESH, "status 403", "status 403")):
        live.apply(with_a_connection_each(written(snapshot, mesh)))
        for name in ("client", "visitor"):
            expect(live["kind2"].pod(name), AT_HOME, home)
            expect(live["kind2"].pod(name), AWAY, away)


def test_a_policy_opens_its_service_alone(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """To whom it names, through the gateway too."""
    live.apply(with_a_connection_each(written(snapshot, MESH, POLICY)))
    client, visitor = live["kind2"].pod("client"), live["kind2"].pod("visitor")
    expect(visitor, AWAY, "status 403")
    expect(client, AT_HOME, "status 403")
    expect(client, "http://ratings.default.svc.kind3.global:9080/", "status 403")
    expect(client, AWAY, "kind3")
    expect(live["kind3"].pod("client"), AT_HOME, "kind3")


EDGE_PORT = 8080
EDGE_GATEWAY: list[dict[str, Any]] = [
    {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "edge", "namespace": "istio-system"},
        "spec": {
            "selector": {"istio": "ingressgateway"},
            "servers": [
                {"port": {"number": EDGE_PORT, "name": "http", "protocol": "HTTP"}, "hosts": ["shop.example.com"]}
            ],
        },
    },
    {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "edge", "namespace": "istio-system"},
        "spec": {
            "hosts": ["shop.example.com"],
            "gateways": ["edge"],
            "http": [{"route": [{"destination": {"host": "reviews.default.svc.cluster.local"}}]}],
        },
    },
]
"""What a user may have beside the mesh: the gateway lets the public in as well."""
LET_THROUGH = "allow-ingress-gateway-istio-ingressgateway-istio-system"


@pytest.mark.parametrize(
    ("permits", "public"),
    [
        pytest.param(True, "kind3", id="with the gateways' permission"),
        pytest.param(False, "status 403", id="without it"),
    ],
)
def test_the_gateways_permission_is_for_what_ends_there(
    live: LiveMesh, snapshot: MeshSnapshot, permits: bool, public: str
) -> None:
    """Requests of the public end at the gateway, and need it; what passes through to a server does not."""
    objects = written(snapshot, MESH, POLICY)
    objects["kind3"] += EDGE_GATEWAY
    live.apply(with_a_connection_each(objects if permits else _without(objects, LET_THROUGH)))
    gateway = live["kind3"].gateway()
    public_caller = live["kind3"].pod("stranger")
    expect(public_caller, "http://shop.example.com/", public, at=f"{gateway.address}:{EDGE_PORT}")
    expect(live["kind2"].pod("visitor"), AWAY, "status 403")
    expect(live["kind2"].pod("client"), AWAY, "kind3")


def _without(objects: Objects, name: str) -> Objects:
    kept = {cluster: [o for o in found if o["metadata"]["name"] != name] for cluster, found in objects.items()}
    assert kept != objects
    return kept
