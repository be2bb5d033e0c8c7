"""HTTPRoutes in a real mesh: weights, conditions, headers, timeouts and mirrors do to requests what the policies say.

kind2 has HTTPRoutes, kind3 VirtualServices. istiod is told of the kind while it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from copies import copies
from outcome import outcome
from ratings import FEDERATED, HOME, RATINGS
from written import traffic_policy, virtual_mesh, written

from lab import crds, wait, xds
from lab.api import Api
from lab.mesh import chi_square
from lab.mesh.answers import SIGNIFICANCE, Answer
from lab.mesh.running import LiveMesh
from lab.programs import http_route_crd
from meshhub_pulumi.model.snapshot import MeshSnapshot

MESH = virtual_mesh({"name": "kind2", "dialect": "gateway-api"}, "kind3", federation="permissive")
KIND = "apiextensions.k8s.io/v1", "CustomResourceDefinition", "httproutes.gateway.networking.k8s.io"
BOTH = {HOME: "kind2", FEDERATED: "kind3"}
"""The names that kind2's client calls ratings by, and the cluster that answers if nothing else is said."""
CANARY = {"appendRequestHeaders": {"x-canary": "1"}, "appendResponseHeaders": {"x-canary": "yes"}}


@pytest.fixture(scope="module")
def http_routes(shared: LiveMesh) -> Iterator[None]:
    """The clusters know HTTPRoutes for as long as these tests run."""
    (definition,) = crds.read(http_route_crd())
    for cluster in shared.values():
        cluster.api.apply([definition])
    yield
    for cluster in shared.values():
        cluster.api.delete(*KIND)
        wait.until(f"{cluster.name} forgets HTTPRoutes", partial(_defined, cluster.api))


def _defined(api: Api) -> str:
    return "they are still defined" if api.read(*KIND) else ""


@pytest.fixture
def routed(live: LiveMesh, http_routes: None) -> LiveMesh:
    """The mesh, whose istiods will read HTTPRoutes."""
    return live


def test_weights_and_conditions(routed: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Three quarters of the requests go there and one here, with the headers of their share; those of one user apart.

    To the service at home, and to that of the other cluster by its name in the mesh.
    """
    shifts = [
        _policy(
            "split", of=of, trafficShift=[_share("kind2", 25), {**_share("kind3", 75), "headerManipulation": CANARY}]
        )
        for of in ("kind2", "kind3")
    ]
    users = [
        _policy("users", of=of, headers=[{"name": "x-user", "value": "jason"}], trafficShift=[_share(to, 100)])
        for of, to in (("kind2", "kind3"), ("kind3", "kind2"))
    ]
    _hold(routed, snapshot, *shifts, *users)
    client = routed["kind2"].pod("client")
    for host, cluster in BOTH.items():
        answers = client.call(f"{host}/split", n=400)
        answers.assert_shares({"v1@kind2": 25, "v1@kind3": 75})
        canary = {"kind2": (None, None), "kind3": ("1", "yes")}
        assert [canary[outcome(x)] for x in answers] == [
            (_arrived(x, "x-canary"), x.headers.get("x-canary")) for x in answers
        ]
        (other,) = set(BOTH.values()) - {cluster}
        for user, answered in (("jason", other), ("eve", cluster)):
            assert {f"v1@{answered}": 20} == client.call(f"{host}/users", n=20, headers={"x-user": user}).counts
    # as finding MH314 says: what is called counts as not found where it lies in another namespace than the route
    expected = {"ratings-9080": "BackendNotFound", "ratings.default.svc.kind3.global-9080": "ResolvedRefs"}
    wait.until("istiod says so", lambda: "" if expected == (said := _resolved(routed["kind2"].api)) else str(said))


def test_headers_and_timeouts(routed: LiveMesh, snapshot: MeshSnapshot) -> None:
    """What is appended and removed on the way there and back, and what takes too long; other paths know of neither."""
    changes = {
        "appendRequestHeaders": {"x-appended": "by the mesh", "x-computed": "%REQ(:method)% is 100%%"},
        "removeRequestHeaders": ["x-removed"],
        "appendResponseHeaders": {"x-beside": "by the mesh"},
        "removeResponseHeaders": ["x-hidden"],
    }
    _hold(routed, snapshot, _policy("changed", headerManipulation=changes), _policy("limited", timeout="500ms"))
    query, sent = "header=x-beside:sent&header=x-hidden:sent", {"x-removed": "sent"}
    untouched = (None, None, "sent"), ("sent", "sent")
    changed = ("by the mesh", "GET is 100%", None), ("sent, by the mesh", None)
    client = routed["kind2"].pod("client")
    for host, cluster in BOTH.items():
        for path, expected in (("changed", changed), ("changed-not", untouched), ("other", untouched)):
            (answer,) = client.call(f"{host}/{path}?{query}", headers=sent)
            there = tuple(_arrived(answer, name) for name in ("x-appended", "x-computed", "x-removed"))
            back = tuple(answer.headers.get(name) for name in ("x-beside", "x-hidden"))
            assert (cluster, *expected) == (outcome(answer), there, back), f"{host}/{path}"
        (prompt,), (late,) = (client.call(f"{host}/limited{query}") for query in ("", "?delay=1500"))
        assert (cluster, "status 504") == (outcome(prompt), outcome(late)), host
        (patient,) = client.call(f"{host}/other?delay=900")
        assert cluster == outcome(patient)


def test_copies(routed: LiveMesh, snapshot: MeshSnapshot) -> None:
    """A mirror in the cluster gets its part of the requests, or all."""
    to = {"destination": {**RATINGS, "cluster": "kind2"}}
    mirrors = [
        _policy(path, name="reviews", mirror={**to, **part})
        for path, part in (("all", {}), ("some", {"percentage": 25}))
    ]
    _hold(routed, snapshot, *mirrors)
    client, target = routed["kind2"].pod("client"), routed["kind2"].pod("ratings-v1")
    for path, share, n in (("all", 100, 30), ("some", 25, 400), ("other", 0, 30)):
        answers = client.call(f"http://reviews:9080/{path}", n=n)
        answers.assert_all_answered()
        found = copies(answers, target, expected=n if share == 100 else 0)
        assert (
            chi_square.p_value({"copied": found, "not": n - found}, {"copied": share, "not": 100 - share})
            > SIGNIFICANCE
        )


def _policy(path: str, *, of: str = "", name: str = "ratings", headers: Any = (), **asked: Any) -> dict[str, Any]:
    """What is asked for of requests below a path, to a service of one cluster or of both."""
    destination = {**RATINGS, "name": name, **({"cluster": of} if of else {})}
    match = {"prefix": f"/{path}", **({"headers": headers} if headers else {})}
    return traffic_policy(f"{path}{of}", destinations=[destination], matches=[match], **asked)


def _share(cluster: str, weight: int) -> dict[str, Any]:
    return {"destination": {**RATINGS, "cluster": cluster}, "weight": weight}


def _hold(live: LiveMesh, snapshot: MeshSnapshot, *policies: dict[str, Any]) -> None:
    """Apply policies, in kind2 as HTTPRoutes and as nothing else that routes, and wait until they hold."""
    objects = written(snapshot, MESH, *policies)
    assert "HTTPRoute" in {each["kind"] for each in objects["kind2"]}
    assert "VirtualService" not in {each["kind"] for each in objects["kind2"]}
    live.apply(objects)
    xds.settle(*live.clusters.values())
    live.settle()


def _resolved(api: Api) -> dict[str, str]:
    """What istiod says of the backends of each HTTPRoute."""
    return {
        route["metadata"]["name"]: condition["reason"]
        for route in api.list("gateway.networking.k8s.io/v1", "HTTPRoute")
        for parent in route.get("status", {}).get("parents", ())
        for condition in parent["conditions"]
        if condition["type"] == "ResolvedRefs"
    }


def _arrived(answer: Answer, header: str) -> str | None:
    assert answer.seen
    return answer.seen.headers.get(header)
