"""Failover of a TCP service by real connections, 100 new ones a second: nothing repeats those that fail.

Failed connections count as errors of the 5xx kind, so the same outlier detection as that of requests decides.
"""

from __future__ import annotations

import time

import pytest
from disturbance import (
    HOST,
    STRICT,
    answered_by,
    at_once,
    backings,
    failover,
    run_until_all_answered_by,
    settled,
)
from written import written

from lab.mesh.answers import Answers
from lab.mesh.pod import Pod
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

URL = f"tcp://{HOST}:3306"
LOST = 2.0
"""Seconds in which connections fail after a death; 1.1 are measured, most of it Envoy telling its threads."""
VANISHED = 3.5
"""The same where nothing refuses a connection; 2.1 are measured: the connect timeout comes on top."""


@pytest.fixture
def client(live: LiveMesh, by_address: MeshSnapshot) -> Pod:
    """A caller in c1, where TCP connections go to c1, else to c2, else to c3."""
    port = {"number": 3306, "protocol": "TCP"}
    live.apply(written(by_address, STRICT, failover("c1", "c2", "c3", port=port)))
    return live["c1"].pod("client")


def test_backings_die_and_come_back(live: LiveMesh, client: Pod) -> None:
    """All of c1's pods: c2 answers after a second; when they are back so does c1, and no connection is lost."""
    with client.load(URL, fresh=True) as load:
        load.run_for(0.5)
        assert {"c1"} == answered_by(load.answers)
        died = time.monotonic()
        at_once(pod.kill for pod in backings(live["c1"]))
        assert {"c2"} == answered_by(settled(load, died, watched=0.3))
        restarted = time.monotonic()
        at_once(pod.start for pod in backings(live["c1"]))
        run_until_all_answered_by(load, "c1", restarted)
    load.answers.since(restarted).assert_all_answered()
    assert 0 < lost_for(load.answers, died) < LOST


def test_machines_vanish(live: LiveMesh, client: Pod) -> None:
    """What is sent to c1's pods gets no answer at all, not even a refusal: c2 answers two seconds later."""
    with client.load(URL, fresh=True, timeout=3.0) as load:
        load.run_for(0.5)
        vanished = time.monotonic()
        at_once(pod.cut for pod in backings(live["c1"]))
        load.run_for(VANISHED + 0.5)
    assert {"c2"} == answered_by(load.answers.since(vanished + VANISHED))
    assert 0 < lost_for(load.answers, vanished) < VANISHED


def test_a_dead_app_behind_a_living_proxy_is_left_to_readiness(live: LiveMesh, client: Pod) -> None:
    """The proxy accepts every connection before it can know, so none counts as failed: nobody fails over.

    When the pods are not ready any more, as a probe would find, c2 answers.
    """
    with client.load(URL, fresh=True) as load:
        load.run_for(0.5)
        died = time.monotonic()
        at_once(pod.kill_app for pod in backings(live["c1"]))
        assert {"reset"} == answered_by(settled(load, died, watched=0.3))
        at_once(lambda pod=pod: pod.ready(False) for pod in backings(live["c1"]))
        run_until_all_answered_by(load, "c2", died)


def lost_for(answers: Answers, since: float) -> float:
    """Seconds from a moment to the last connection that failed."""
    return answers.since(since).last_failure_after(since) or 0.0
