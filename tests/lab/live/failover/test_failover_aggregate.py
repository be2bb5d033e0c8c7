"""Failover by an aggregate cluster (`mode="aggregate"`): it fails over, at a price that is stated here."""

from __future__ import annotations

import time

import pytest
from disturbance import (
    SETTLED,
    STRICT,
    URL,
    answered_by,
    at_once,
    backings,
    failover,
    settled,
)
from rendered import Objects
from written import written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

LOST = 100
"""Requests of 100 a second that the death of all of c1's pods may cost: those of a second; 28 to 34 are measured."""


def aggregate(snapshot: MeshSnapshot, **spec: object) -> Objects:
    """c1, then c2, then c3, for callers in c1."""
    return written(snapshot, STRICT, failover("c1", "c2", "c3", mode="aggregate", clusters=["c1"], **spec))


def test_backings_die_one_after_the_other(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """The order is kept; requests fail for a second when the local pods die, in spite of the retries."""
    live.apply(aggregate(by_address))
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(1)
        assert {"c1"} == answered_by(load.answers)
        for doomed, then in ((backings(live["c1"]), "c2"), (live["c2"].gateways, "c3")):
            since = time.monotonic()
            at_once(pod.kill for pod in doomed)
            assert {then} == answered_by(settled(load, since))
    load.answers.assert_all_answered(but=LOST)
    assert load.answers.failed


def test_a_planned_drain(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """Nobody misses pods that are taken out of service as Kubernetes does it."""
    live.apply(aggregate(by_address))
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(1)
        since = time.monotonic()
        at_once(pod.drain for pod in backings(live["c1"]))
        load.run_for(0.5)
    load.answers.assert_all_answered()
    assert {"c2"} == answered_by(load.answers.since(since + SETTLED))


def test_a_cluster_vanishes(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """The next backing answers when connections to the first one have ended; until then requests fail."""
    live.apply(written(by_address, STRICT, failover("c2", "c3", mode="aggregate", clusters=["c1"])))
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(1)
        since = time.monotonic()
        live["c2"].cut()
        load.run_for(6)
    assert {"c3"} == answered_by(load.answers.since(since + 5))


def test_a_gateway_may_have_a_name(live: LiveMesh, by_name: MeshSnapshot) -> None:
    """What failover by tiers refuses is no trouble here."""
    live.apply(written(by_name, STRICT, failover("c3", "c2", mode="aggregate", clusters=["c1"])))
    assert {"c3"} == answered_by(live["c1"].pod("client").call(URL, n=30))


@pytest.mark.parametrize("detected", [True, False])
def test_without_outlier_detection_it_never_fails_over(
    live: LiveMesh, by_address: MeshSnapshot, detected: bool
) -> None:
    """That of the backing services' own rules decides, which is why it is written there."""
    objects = aggregate(by_address, retries={"attempts": 0})
    for manifest in objects["c1"] if not detected else ():
        manifest["spec"].get("trafficPolicy", {}).pop("outlierDetection", None)
    live.apply(objects)
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(1)
        since = time.monotonic()
        at_once(pod.kill for pod in backings(live["c1"]))
        load.run_for(4)
    assert ({"c2"} if detected else {"status 503"}) == answered_by(load.answers.since(since + SETTLED))
