"""Retries in a real mesh: which failures a caller's proxy tries again, how often, and how long each try may take."""

from __future__ import annotations

from typing import Any

from ratings import AWAY, FEDERATED, HOME, MESH, RATINGS, REST
from written import traffic_policy, written

from lab.mesh.answers import Answer
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

UNAVAILABLE = "header=grpc-status:14"
"""What Istio tries again where it is not told otherwise: beside failed connections, what gRPC calls unavailable."""

Outcome = tuple[int | None, int]
"""The status that the caller got, and how often its request came to the app."""


def test_which_failures_are_tried_again(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """As often as was asked for and for the conditions that were listed; without a list those of Istio."""
    policies = [
        _policy("none", attempts=0),
        _policy("unlisted", attempts=3),
        _policy("one", attempts=1, retryOn=["5xx"]),
        _policy("three", "away", attempts=3, retryOn=["5xx"]),
        _policy("gateway", attempts=1, retryOn=["gateway-error"]),
        _policy("conflict", attempts=1, retryOn=["retriable-4xx"]),
        _policy("reset", attempts=1, retryOn=["reset"]),
        _policy("several", attempts=1, retryOn=["retriable-4xx", "gateway-error"]),
    ]
    live.apply(written(snapshot, MESH, AWAY, REST, *policies))
    home: dict[str, Outcome] = {
        f"{HOME}/unsaid?{UNAVAILABLE}": (200, 3),  # Istio's own two
        f"{HOME}/none?{UNAVAILABLE}": (200, 1),
        f"{HOME}/unlisted?{UNAVAILABLE}": (200, 4),
        f"{HOME}/unlisted?status=503&times=1": (503, 1),
        f"{HOME}/unlisted?reset=1&times=1": (503, 1),
        f"{HOME}/one?status=503&times=1": (200, 2),
        f"{HOME}/one?status=503&times=2": (503, 2),
        f"{HOME}/one?status=500&times=1": (200, 2),
        f"{HOME}/one?status=409&times=1": (409, 1),
        f"{HOME}/three?status=503&times=3": (200, 4),
        f"{HOME}/three?status=503": (503, 4),
        f"{HOME}/gateway?status=502&times=1": (200, 2),
        f"{HOME}/gateway?status=500&times=1": (500, 1),
        f"{HOME}/conflict?status=409&times=1": (200, 2),
        f"{HOME}/conflict?status=503&times=1": (503, 1),
        f"{HOME}/several?status=409&times=1": (200, 2),
        f"{HOME}/several?status=502&times=1": (200, 2),
        # When an app resets a connection, its own proxy answers 503: only a lost proxy is a reset for the caller's.
        f"{HOME}/reset?reset=1&times=1": (503, 1),
        f"{HOME}/gateway?reset=1&times=1": (200, 2),
    }
    away: dict[str, Outcome] = {
        f"{HOME}/away?status=503&times=3": (200, 4),
        f"{HOME}/away?status=503": (503, 4),
        f"{FEDERATED}/three?status=503&times=3": (200, 4),
        f"{FEDERATED}/three?status=503": (503, 4),
        f"{FEDERATED}/none?{UNAVAILABLE}": (200, 1),
        f"{FEDERATED}/unsaid?{UNAVAILABLE}": (200, 3),
    }
    assert home == {url: _outcome(live, url, "kind2") for url in home}
    assert away == {url: _outcome(live, url, "kind3") for url in away}


def test_a_try_may_take_only_so_long(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """A try that takes longer is followed by another, which gets all its time again; the timeout ends them all.

    Istio's own conditions do not include that, so without a list the first such try is the last.
    """
    limited = {"perTryTimeout": "300ms", "retryOn": ["5xx"]}
    live.apply(
        written(
            snapshot,
            MESH,
            AWAY,
            REST,
            _policy("limited", "away", attempts=2, **limited),
            _policy("bounded", timeout="800ms", attempts=10, **limited),
            _policy("unlisted", attempts=2, perTryTimeout="300ms"),
        )
    )
    for url, cluster in (
        (f"{HOME}/limited", "kind2"),
        (f"{HOME}/away", "kind3"),
        (f"{FEDERATED}/limited", "kind3"),
    ):
        helped = _call(live, f"{url}?delay=1500&times=1")
        assert (200, 2) == (helped.status, _tries(live, helped, cluster)), url
        assert 0.25 <= helped.seconds < 1.3, url
    for path, tries, seconds in (("limited", 3, 0.9), ("bounded", 3, 0.8), ("unlisted", 1, 0.3)):
        lost = _call(live, f"{HOME}/{path}?delay=1500")
        assert (504, tries) == (lost.status, _tries(live, lost, "kind2")), path
        assert seconds - 0.05 <= lost.seconds < 1.4, path
    control = _call(live, f"{HOME}/unsaid?delay=900&times=1")
    assert (200, 1) == (control.status, _tries(live, control, "kind2"))


def _policy(*paths: str, timeout: str | None = None, **retries: Any) -> dict[str, Any]:
    """What holds for these paths, at ratings of either cluster."""
    matches = [{"prefix": f"/{path}"} for path in paths]
    limit = {"timeout": timeout} if timeout else {}
    return traffic_policy(paths[0], destinations=[RATINGS], matches=matches, retries=retries, **limit)


def _call(live: LiveMesh, url: str) -> Answer:
    return live["kind2"].pod("client").call(url)[0]


def _tries(live: LiveMesh, answer: Answer, cluster: str) -> int:
    return live[cluster].pod("ratings-v1").app.received().arrivals.get(answer.id, 0)


def _outcome(live: LiveMesh, url: str, cluster: str) -> Outcome:
    answer = _call(live, url)
    return answer.status, _tries(live, answer, cluster)
