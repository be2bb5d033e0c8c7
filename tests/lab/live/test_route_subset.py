"""Subsets in a real mesh: a share for some pods of a service reaches those alone, at home and through the gateway."""

from __future__ import annotations

from typing import Any

from connections import with_a_connection_each
from outcome import outcome
from written import traffic_policy, virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

MESH = virtual_mesh("kind2", "kind3", federation="permissive")
REVIEWS = {"name": "reviews", "namespace": "default"}
REST = traffic_policy("rest", destinations=[REVIEWS], timeout="5s")
HOME, FEDERATED = "http://reviews:9080", "http://reviews.default.svc.kind3.global:9080"
VERSIONS = ("v1", "v2", "v3")


def test_each_version_of_either_cluster_can_be_meant(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """By the name of the subset in the SNI the gateway tells versions apart; a subset may have several labels."""
    subsets = {f"{version}@{cluster}": (version, cluster) for version in VERSIONS for cluster in live}
    policies = [_to({"version": version}, cluster) for version, cluster in subsets.values()]
    several = _to({"version": "v2", "app": "reviews"}, "kind3", path="several")
    live.apply(written(snapshot, MESH, REST, several, *policies))
    client = live["kind2"].pod("client")
    asked = {f"{HOME}/{version}-{cluster}": where for where, (version, cluster) in subsets.items()}
    for url, where in {**asked, f"{HOME}/several": "v2@kind3"}.items():
        answers = client.call(url, n=20)
        answers.assert_all_answered()
        assert {where: 20} == answers.counts, url
    assert {"v1@kind2", "v2@kind2", "v3@kind2"} == set(client.call(f"{HOME}/all", n=60).counts)


def test_a_policy_of_a_federated_host(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """A policy of the service in kind3 holds for those who call it from kind2, as for those beside it."""
    policies = [_to({"version": "v1"}, "kind3", of="kind3"), _to({"version": "v3"}, "kind2", of="kind3")]
    live.apply(written(snapshot, MESH, REST, *policies))
    for caller, host in (("kind2", FEDERATED), ("kind3", HOME)):
        client = live[caller].pod("client")
        for path, where in (("v1-kind3", "v1@kind3"), ("v3-kind2", "v3@kind2")):
            answers = client.call(f"{host}/{path}", n=20)
            answers.assert_all_answered()
            assert {where: 20} == answers.counts, (caller, path)
        assert {"kind3"} == {outcome(answer) for answer in client.call(f"{host}/all", n=20)}


def test_a_subset_without_pods_is_not_replaced(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """When the pods of a version are gone its callers get an error, not another version."""
    objects = written(snapshot, MESH, REST, _to({"version": "v2"}, "kind3"), _to({"version": "v2"}, "kind2"))
    live.apply(with_a_connection_each(objects, "kind2"))
    client = live["kind2"].pod("client")
    for cluster in live:
        assert {f"v2@{cluster}": 10} == client.call(f"{HOME}/v2-{cluster}", n=10).counts
        live[cluster].pod("reviews-v2").ready(False)
    live.settle()
    for cluster in live:
        assert {"status 503"} == {outcome(answer) for answer in client.call(f"{HOME}/v2-{cluster}", n=10)}, cluster
    assert {"v1@kind2", "v3@kind2"} == set(client.call(f"{HOME}/all", n=60).counts)


def _to(labels: dict[str, str], cluster: str, *, of: str = "kind2", path: str = "") -> dict[str, Any]:
    """Requests to a path, such as `/v2-kind3`, go to these pods of this cluster."""
    path = path or f"{labels['version']}-{cluster}"
    share = {"destination": {**REVIEWS, "cluster": cluster, "subset": labels}, "weight": 100}
    return traffic_policy(
        path, destinations=[{**REVIEWS, "cluster": of}], matches=[{"prefix": f"/{path}"}], trafficShift=[share]
    )
