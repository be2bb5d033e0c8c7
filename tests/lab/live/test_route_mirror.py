"""Mirroring in a real mesh: copies arrive where they were sent to, and the caller notices nothing."""

from __future__ import annotations

from typing import Any

from copies import copies
from written import traffic_policy, virtual_mesh, written

from lab.mesh import chi_square
from lab.mesh.answers import SIGNIFICANCE, Answers
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

MESH = virtual_mesh("kind2", "kind3", federation="permissive")
REVIEWS = {"name": "reviews", "namespace": "default"}
RATINGS = {"name": "ratings", "namespace": "default", "port": 9080}
REST = traffic_policy("rest", destinations=[{"name": "reviews", "namespace": "default"}], timeout="5s")
HOME, FEDERATED = "http://reviews:9080", "http://reviews.default.svc.kind3.global:9080"


def test_copies_arrive_in_the_other_cluster(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Of all requests unless a percentage is said, which may have a fraction; of an explicit 0, and elsewhere, none.

    They have the request's headers and body, and no response of theirs reaches the caller.
    """
    to = {**RATINGS, "cluster": "kind3"}
    shares = {"some": 25, "few": 1.5, "none": 0}
    copied = [_mirror("copied", to), *(_mirror(path, to, percentage=share) for path, share in shares.items())]
    live.apply(written(snapshot, MESH, REST, *copied))
    target = live["kind3"].pod("ratings-v1")

    answers = _call(live, f"{HOME}/copied?status=201", n=30, method="POST", headers={"x-who": "eve"}, body="hello")
    assert {201: 30} == answers.statuses
    assert {"kind2"} == {answer.seen.cluster for answer in answers if answer.seen}
    assert 30 == copies(answers, target, expected=30)
    seen = target.app.received().recent[-1]
    assert ("POST", "eve", "hello") == (seen.method, seen.headers["x-who"], seen.body)

    for path, n in (("some", 400), ("few", 800)):
        answers = _call(live, f"{HOME}/{path}", n=n)
        answers.assert_all_answered()
        found = copies(answers, target)
        counted, weights = {"copied": found, "not": n - found}, {"copied": shares[path], "not": 100 - shares[path]}
        assert chi_square.p_value(counted, weights) > SIGNIFICANCE, counted
    for path in ("none", "other"):
        answers = _call(live, f"{HOME}/{path}", n=200)
        answers.assert_all_answered()
        assert 0 == copies(answers, target), path


def test_copies_go_to_a_subset_alone(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Of the other cluster, through its gateway, and of one's own."""
    for_v2 = {**REVIEWS, "subset": {"version": "v2"}}
    live.apply(
        written(
            snapshot,
            MESH,
            _mirror("away", {**for_v2, "cluster": "kind3"}, of="ratings"),
            _mirror("home", {**for_v2, "cluster": "kind2"}, of="ratings"),
        )
    )
    for path, cluster in (("away", "kind3"), ("home", "kind2")):
        answers = _call(live, f"http://ratings:9080/{path}", n=30)
        assert {"v1@kind2": 30} == answers.counts
        reviews = {f"v{number}@{each}": live[each].pod(f"reviews-v{number}") for each in live for number in (1, 2, 3)}
        assert 30 == copies(answers, reviews[f"v2@{cluster}"], expected=30)
        assert {f"v2@{cluster}"} == {name for name, pod in reviews.items() if pod.app.received().of(answers)}


def test_requests_to_a_federated_host_are_copied(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """To the caller's own cluster, for example; those of callers beside the service are, too."""
    live.apply(written(snapshot, MESH, REST, _mirror("copied", {**RATINGS, "cluster": "kind2"}, cluster="kind3")))
    target = live["kind2"].pod("ratings-v1")
    for caller, host in (("kind2", FEDERATED), ("kind3", HOME)):
        answers = _call(live, f"{host}/copied", n=30, caller=caller)
        assert {"kind3"} == {answer.seen.cluster for answer in answers if answer.seen}
        assert 30 == copies(answers, target, expected=30)
        others = _call(live, f"{host}/other", n=30, caller=caller)
        others.assert_all_answered()
        assert 0 == copies(others, target)


def test_a_target_that_fails_harms_nobody(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Whether it answers with errors, resets, hangs, or is not there: callers are answered as fast as ever."""
    live.apply(written(snapshot, MESH, _mirror("copied", {**RATINGS, "cluster": "kind3"})))
    target = live["kind3"].pod("ratings-v1")
    for behaviour in ({"status": 503}, {"reset": True}, {"delay": 3.0}):
        target.app.behave(**behaviour)
        answers = _call(live, f"{HOME}/copied", n=20)
        answers.assert_all_answered()
        assert answers.latency.most < 1.0, behaviour
        assert 20 == copies(answers, target, expected=20), behaviour
    target.kill()
    answers = _call(live, f"{HOME}/copied", n=20)
    answers.assert_all_answered()
    assert answers.latency.most < 1.0


def _mirror(
    path: str, to: dict[str, Any], *, of: str = "reviews", cluster: str = "kind2", percentage: float | None = None
) -> dict[str, Any]:
    """Requests with this path are copied."""
    said = {} if percentage is None else {"percentage": percentage}
    return traffic_policy(
        path,
        destinations=[{"name": of, "namespace": "default", "cluster": cluster}],
        matches=[{"prefix": f"/{path}"}],
        mirror={"destination": to, **said},
    )


def _call(live: LiveMesh, url: str, *, n: int, caller: str = "kind2", **options: Any) -> Answers:
    return live[caller].pod("client").call(url, n, **options)
