"""Header manipulation in a real mesh: what the app is asked with, and what its caller is told, as the policy says."""

from __future__ import annotations

from typing import Any

from ratings import AWAY, FEDERATED, HOME, MESH, RATINGS, REST
from written import traffic_policy, written

from lab.mesh.answers import Answer
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

CHANGED = {f"{HOME}/changed": "kind2", f"{HOME}/away": "kind3", f"{FEDERATED}/changed": "kind3"}
"""Which cluster answers at home, by a traffic shift, and by the name that the service has in the mesh."""
UNCHANGED = {f"{HOME}/other": "kind2", f"{FEDERATED}/other": "kind3"}

Headers = dict[str, str | None]
"""None where there is no such header."""


def test_headers_of_requests(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """What is removed is gone, what is appended stands beside a value that was sent; in both lists it is replaced."""
    changes = {
        "removeRequestHeaders": ["x-removed", "x-replaced"],
        "appendRequestHeaders": {
            "X-Appended": "by the mesh",
            "x-beside": "by the mesh",
            "x-replaced": "by the mesh",
            "x-computed": "%REQ(:method)% is 100%%",
        },
    }
    live.apply(written(snapshot, MESH, AWAY, REST, _policy(**changes)))
    sent: Headers = {"x-removed": "sent", "x-replaced": "sent", "x-beside": "sent", "x-untouched": "sent"}
    arrived = {
        **dict.fromkeys(sent, "sent"),
        "x-removed": None,
        "x-replaced": "by the mesh",
        "x-beside": "sent, by the mesh",
        "x-appended": "by the mesh",
        "x-computed": "GET is 100%",
    }
    untouched = {**dict.fromkeys(arrived), **sent}
    for urls, expected in ((CHANGED, arrived), (UNCHANGED, untouched)):
        for url, cluster in urls.items():
            seen = _call(live, url, headers=sent).seen
            assert seen
            assert (cluster, expected) == (seen.cluster, _among(seen.headers, expected)), url


def test_headers_of_responses(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """On the way back the same holds of what the app answers with."""
    changes = {
        "removeResponseHeaders": ["X-Removed", "x-replaced"],
        "appendResponseHeaders": {"x-appended": "by the mesh", "x-beside": "by the mesh", "x-replaced": "by the mesh"},
    }
    live.apply(written(snapshot, MESH, AWAY, REST, _policy(**changes)))
    query = "&".join(f"header={name}:sent" for name in ("x-removed", "x-replaced", "x-beside", "x-untouched"))
    told = {
        "x-removed": None,
        "x-replaced": "by the mesh",
        "x-beside": "sent, by the mesh",
        "x-untouched": "sent",
        "x-appended": "by the mesh",
    }
    untouched = {**dict.fromkeys(told, "sent"), "x-appended": None}
    for urls, expected in ((CHANGED, told), (UNCHANGED, untouched)):
        for url, cluster in urls.items():
            answer = _call(live, f"{url}?{query}")
            assert answer.seen
            assert (cluster, expected) == (answer.seen.cluster, _among(answer.headers, expected)), url


def _policy(**changes: Any) -> dict[str, Any]:
    """What holds for two paths, at ratings of either cluster."""
    matches = [{"prefix": "/changed"}, {"prefix": "/away"}]
    return traffic_policy("changed", destinations=[RATINGS], matches=matches, headerManipulation=changes)


def _call(live: LiveMesh, url: str, **options: Any) -> Answer:
    return live["kind2"].pod("client").call(url, **options)[0]


def _among(headers: Any, names: Headers) -> Headers:
    return {name: headers.get(name) for name in names}
