"""Fault injection in a real mesh: the caller's proxy answers, or waits, for just the share that was asked for."""

from __future__ import annotations

from typing import Any

from outcome import outcome
from ratings import AWAY, FEDERATED, HOME, MESH, RATINGS, REST
from written import traffic_policy, written

from lab.mesh import chi_square
from lab.mesh.answers import SIGNIFICANCE, Answers
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

FAULTY = {f"{HOME}/faulty": "kind2", f"{HOME}/away": "kind3", f"{FEDERATED}/faulty": "kind3"}
"""Which cluster would answer at home, by a traffic shift, and by the name that the service has in the mesh."""
SOUND = {f"{HOME}/sound": "kind2", f"{FEDERATED}/sound": "kind3"}
HELD = {"fixedDelay": "400ms"}
LONG = 0.3
"""Seconds after which a request counts as held back: Envoy's timers may end a little early."""


def test_an_abort_befalls_its_share(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """A share is all without a percentage, none with an explicit 0, and may be less than a percent.

    The caller's proxy answers, and the app never hears of the request; retries do not help.
    """
    retried = {"retries": {"attempts": 5, "retryOn": ["5xx"]}}
    live.apply(
        written(
            snapshot,
            MESH,
            AWAY,
            REST,
            _policy("faulty", "away", abort={"httpStatus": 503}, **retried),
            _policy("some", abort={"httpStatus": 503, "percentage": 30}, **retried),
            _policy("rare", abort={"httpStatus": 418, "percentage": 0.5}),
            _policy("never", abort={"httpStatus": 418, "percentage": 0}),
        )
    )
    client = live["kind2"].pod("client")
    for url, cluster in FAULTY.items():
        answers = client.call(url, n=20)
        assert {503: 20} == answers.statuses, url
        assert 0 == live[cluster].pod("ratings-v1").app.received().of(answers), url
    for host in (HOME, FEDERATED):
        _assert_share(client.call(f"{host}/some", n=400), 503, 30)
    _assert_share(client.call(f"{HOME}/rare", n=1200), 418, 0.5)
    assert {200: 300} == client.call(f"{HOME}/never", n=300).statuses
    assert SOUND == {url: outcome(client.call(url)[0]) for url in SOUND}


def test_a_delay_befalls_its_share(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Requests are held back and then served; the time does not count for the route's timeout.

    An explicit 0 is none of them, and beside an abort each has a share of its own.
    """
    live.apply(
        written(
            snapshot,
            MESH,
            AWAY,
            REST,
            _policy("faulty", "away", delay=HELD, timeout="300ms"),
            _policy("some", delay={**HELD, "percentage": 40}),
            _policy("never", delay={**HELD, "percentage": 0}),
            _policy("both", delay=HELD, abort={"httpStatus": 418, "percentage": 50}),
        )
    )
    client = live["kind2"].pod("client")
    for url, cluster in FAULTY.items():
        [answer] = client.call(url)
        assert (cluster, True) == (outcome(answer), LONG < answer.seconds < 1), url
    assert "status 504" == outcome(client.call(f"{HOME}/faulty?delay=900")[0])
    assert SOUND == {url: outcome(client.call(url)[0]) for url in SOUND}
    with (
        client.load(f"{HOME}/some", rate=80) as some,
        client.load(f"{HOME}/never", rate=40) as none,
        client.load(f"{HOME}/both", rate=40) as both,
    ):
        both.run_for(2)
    held = _held(some.answers)
    shares = {"held": held, "not": len(some.answers) - held}
    assert chi_square.p_value(shares, {"held": 40, "not": 60}) > SIGNIFICANCE, shares
    assert _held(none.answers) < len(none.answers) / 4  # some may be slow, on a busy machine
    assert len(both.answers) == _held(both.answers)
    _assert_share(both.answers, 418, 50)


def _policy(*paths: str, delay: Any = None, abort: Any = None, **more: Any) -> dict[str, Any]:
    """What holds for these paths, at ratings of either cluster."""
    faults = {name: fault for name, fault in (("delay", delay), ("abort", abort)) if fault}
    matches = [{"prefix": f"/{path}"} for path in paths]
    return traffic_policy(paths[0], destinations=[RATINGS], matches=matches, faultInjection=faults, **more)


def _held(answers: Answers) -> int:
    return sum(answer.seconds > LONG for answer in answers)


def _assert_share(answers: Answers, status: int, percent: float) -> None:
    """Fail unless so many percent were aborted with this status, and all others served."""
    counts = {str(got): count for got, count in answers.statuses.items()}
    assert chi_square.p_value(counts, {str(status): percent, "200": 100 - percent}) > SIGNIFICANCE, counts
