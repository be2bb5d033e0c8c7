"""Weights in a real mesh: every share is as large as it was asked to be, the smallest and the largest too."""

from __future__ import annotations

from typing import Any

from ratings import FEDERATED, HOME, MESH, RATINGS, REST
from written import traffic_policy, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

WEIGHTS = [(1, 99), (99, 1), (37, 63), (100, 0), (0, 100)]


def test_shares_between_two_clusters(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """As the weights say, for callers in kind2 of the service there and, by its name in the mesh, of that in kind3."""
    policies = [_shift(*weights, of=cluster) for weights in WEIGHTS for cluster in ("kind2", "kind3")]
    live.apply(written(snapshot, MESH, REST, *policies))
    client = live["kind2"].pod("client")
    for host, cluster in ((HOME, "kind2"), (FEDERATED, "kind3")):
        for home, away in WEIGHTS:
            answers = client.call(f"{host}/{home}-{away}", n=600 if 1 in (home, away) else 150)
            answers.assert_shares({"v1@kind2": home, "v1@kind3": away})
        client.call(f"{host}/unsplit", n=50).assert_shares({f"v1@{cluster}": 1})


def test_shares_of_versions_in_both_clusters(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Four shares, of two versions in each cluster."""
    reviews = {"name": "reviews", "namespace": "default"}
    weights = {("v1", "kind2"): 40, ("v2", "kind2"): 5, ("v2", "kind3"): 25, ("v3", "kind3"): 30}
    shares = [
        {"destination": {**reviews, "cluster": cluster, "subset": {"version": version}}, "weight": weight}
        for (version, cluster), weight in weights.items()
    ]
    policy = traffic_policy("versions", destinations=[{**reviews, "cluster": "kind2"}], trafficShift=shares)
    live.apply(written(snapshot, MESH, policy))
    answers = live["kind2"].pod("client").call("http://reviews:9080/", n=800)
    answers.assert_shares({f"{version}@{cluster}": weight for (version, cluster), weight in weights.items()})


def _shift(home: int, away: int, *, of: str) -> dict[str, Any]:
    """Requests to a path, such as `/1-99`, are split between kind2 and kind3."""
    weights = {"kind2": home, "kind3": away}
    return traffic_policy(
        f"{of}-{home}-{away}",
        destinations=[{**RATINGS, "cluster": of}],
        matches=[{"prefix": f"/{home}-{away}"}],
        trafficShift=[
            {"destination": {**RATINGS, "cluster": cluster}, "weight": weight} for cluster, weight in weights.items()
        ],
    )
