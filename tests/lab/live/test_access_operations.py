"""Access by operation: paths, methods and ports narrow what callers may do; anything else gets 403."""

from __future__ import annotations

from typing import Any

import pytest
from connections import with_a_connection_each
from outcome import expect
from written import access_policy, virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

MESH = virtual_mesh("kind2", "kind3", federation="permissive")
HOST = "ratings.default.svc.kind3.global"
HTTP, TCP = f"http://{HOST}:9080", f"tcp://{HOST}:3306"


@pytest.mark.parametrize(
    ("operations", "served", "refused"),
    [
        pytest.param(
            {"paths": ["/items"]},
            ["GET /items", "POST /items", "GET /items?page=2"],
            ["GET /", "GET /items/1", "GET /itemsets"],
            id="a path",
        ),
        pytest.param(
            {"paths": ["/items/*"]},
            ["GET /items/", "GET /items/1/parts"],
            ["GET /items", "GET /", "GET /items/../secret"],
            id="paths that begin so",
        ),
        pytest.param(
            {"paths": ["*.png"]},
            ["GET /a.png", "GET /deep/b.png"],
            ["GET /a.jpg", "GET /a.png/more", "GET /a?b=.png"],
            id="paths that end so",
        ),
        pytest.param({"methods": ["GET", "HEAD"]}, ["GET /", "HEAD /"], ["POST /", "DELETE /items"], id="methods"),
        pytest.param(
            {"methods": ["POST"], "paths": ["/pay"]},
            ["POST /pay"],
            ["GET /pay", "POST /items"],
            id="a method at a path",
        ),
    ],
)
def test_what_a_policy_allows(
    live: LiveMesh, snapshot: MeshSnapshot, operations: dict[str, Any], served: list[str], refused: list[str]
) -> None:
    """Just that is served, and all else refused, to the same caller."""
    live.apply(with_a_connection_each(written(snapshot, MESH, _policy(**operations))))
    for request in refused:
        _expect(live, request, "status 403")
    for request in served:
        # The answer to a HEAD has no body that would tell who wrote it.
        _expect(live, request, "answered by a proxy" if request.startswith("HEAD") else "kind3")


@pytest.mark.parametrize(
    ("operations", "http", "tcp"),
    [
        pytest.param({"ports": [9080]}, "kind3", "reset", id="the port of HTTP"),
        pytest.param({"ports": [3306]}, "status 403", "kind3", id="the port of TCP"),
        pytest.param({"ports": [9080, 3306]}, "kind3", "kind3", id="both"),
        pytest.param({"methods": ["GET"]}, "kind3", "reset", id="a method which TCP does not have"),
    ],
)
def test_which_ports_a_policy_allows(
    live: LiveMesh, snapshot: MeshSnapshot, operations: dict[str, Any], http: str, tcp: str
) -> None:
    """TCP has no status: the connection is ended. What a proxy cannot see there counts as not allowed."""
    live.apply(with_a_connection_each(written(snapshot, MESH, _policy(**operations))))
    client = live["kind2"].pod("client")
    expect(client, f"{HTTP}/", http)
    expect(client, TCP, tcp)


def _policy(**operations: Any) -> dict[str, Any]:
    destination = {"name": "ratings", "namespace": "default", "cluster": "kind3"}
    return access_policy("web", destinations=[destination], **operations)


def _expect(live: LiveMesh, request: str, result: str) -> None:
    method, _, path = request.partition(" ")
    expect(live["kind2"].pod("client"), HTTP + path, result, n=2, method=method)
