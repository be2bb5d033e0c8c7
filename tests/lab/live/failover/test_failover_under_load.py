"""What callers notice while backings die and come back: 100 requests a second, sent whatever becomes of them.

The aim is that none fails. Where that is missed, the test says by how much.
"""

from __future__ import annotations

import time

import pytest
from disturbance import (
    SETTLED,
    SLOW,
    SOON_BACK,
    STRICT,
    URL,
    answered_by,
    at_once,
    backings,
    edited,
    failover,
    run_until_all_answered_by,
    settled,
    tiers,
)
from written import written

from lab.mesh.pod import Pod
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

ROUTE_TIMEOUT = 3.0
"""Seconds: what the failover host's own route has unless it is told otherwise."""


@pytest.fixture
def client(live: LiveMesh, by_address: MeshSnapshot) -> Pod:
    """A caller in c1, where failover by tiers from c1 to c2 to c3 is in force."""
    live.apply(tiers(by_address))
    return live["c1"].pod("client")


def test_one_of_three_pods_is_killed(live: LiveMesh, client: Pod) -> None:
    """No request fails. Some spill over to c2: two thirds of the pods are not thought to be enough."""
    with client.load(URL) as load:
        load.run_for(1)
        live["c1"].pod("reviews-v1").kill()
        since = load.answers[-1].due
        load.run_for(3)
    load.answers.assert_all_answered()
    assert SLOW > load.answers.since(since).latency.p99
    assert {"v2@c1", "v3@c1", "v1@c2"} == set(load.answers.since(since + SETTLED - 1).counts)


def test_backings_die_one_after_the_other_and_come_back(live: LiveMesh, client: Pod) -> None:
    """All of c1's pods, then c2's gateways, then c1's pods are back: c1, c2, c3, c1, and no request fails."""
    with client.load(URL) as load:
        load.run_for(1)
        for doomed, then in ((backings(live["c1"]), "c2"), (live["c2"].gateways, "c3")):
            since = time.monotonic()
            at_once(pod.kill for pod in doomed)
            assert {then} == answered_by(settled(load, since))
        since = time.monotonic()
        at_once(pod.start for pod in backings(live["c1"]))
        run_until_all_answered_by(load, "c1", since)
    load.answers.assert_all_answered()
    assert SLOW > load.answers.latency.p99


def test_only_the_apps_are_killed(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """Their proxies live and answer 503, which counts as failed too; when the ejections end, c1 answers again."""
    live.apply(tiers(by_address, outlierDetection=SOON_BACK))
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(1)
        since = time.monotonic()
        at_once(pod.kill_app for pod in backings(live["c1"]))
        load.run_for(1.5)
        assert {"c2"} == answered_by(load.answers[-20:])
        at_once(pod.start for pod in backings(live["c1"]))
        run_until_all_answered_by(load, "c1", since)
    load.answers.assert_all_answered()
    assert SLOW > load.answers.latency.p99


def test_a_planned_drain_and_the_way_back(live: LiveMesh, client: Pod) -> None:
    """Pods that are taken out of service as Kubernetes does it are missed by nobody, nor is their return noticed."""
    with client.load(URL) as load:
        load.run_for(1)
        since = time.monotonic()
        at_once(pod.drain for pod in backings(live["c1"]))
        assert {"c2"} == answered_by(load.answers.since(since + SETTLED))
        since = time.monotonic()
        at_once(pod.start for pod in backings(live["c1"]))
        run_until_all_answered_by(load, "c1", since)
    load.answers.assert_all_answered()
    assert SLOW > load.answers.latency.p99


def test_a_whole_cluster_dies_and_comes_back(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """Pods, gateways and control plane of c2, the first backing of these callers: c3 answers until c2 is back."""
    live.apply(written(by_address, STRICT, failover("c2", "c3", clusters=["c1"], outlierDetection=SOON_BACK)))
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(1)
        since = time.monotonic()
        live["c2"].kill()
        assert {"c3"} == answered_by(settled(load, since))
        since = time.monotonic()
        live["c2"].heal()
        run_until_all_answered_by(load, "c2", since)
    load.answers.assert_all_answered()
    assert SLOW > load.answers.latency.p99


def test_one_of_two_gateways_dies(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """A cluster with another gateway is not lost: none of its callers need another cluster for long."""
    live.apply(written(by_address, STRICT, failover("c2", "c3", clusters=["c1"])))
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(1)
        live["c2"].gateways[0].kill()
        since = time.monotonic()
        load.run_for(3)
    load.answers.assert_all_answered()
    assert SLOW > load.answers.latency.p99
    after = load.answers.since(since + 1)
    assert {"c2", "c3"} >= answered_by(after)
    assert after.counts["v1@c2"] > len(after) / 2


def test_two_tiers_die_in_the_same_moment(live: LiveMesh, client: Pod) -> None:
    """A few requests fail at the one moment when Envoy's threads are told, a second later; then c3 answers all.

    They were about to be repeated at a tier that was known to be dead by then, and Envoy does not look again.
    """
    with client.load(URL) as load:
        load.run_for(1)
        since = time.monotonic()
        at_once(pod.kill for pod in (*backings(live["c1"]), *live["c2"].gateways))
        load.run_for(4)
    load.answers.assert_all_answered(but=20)
    assert {"c3"} == answered_by(load.answers.since(since + SETTLED))


def test_without_retries_requests_fail_for_a_second(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """Failover alone is not enough: until Envoy's threads know, every request goes to the dead."""
    live.apply(tiers(by_address, retries={"attempts": 0}))
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(1)
        since = time.monotonic()
        at_once(pod.kill for pod in backings(live["c1"]))
        load.run_for(4)
    assert len(load.answers.failed) > 20
    assert {"c2"} == answered_by(load.answers.since(since + SETTLED))


def test_machines_vanish_one_after_the_other(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """What is sent to a pod, to all of c1's pods, and then to c2's gateways gets no answer at all, not even a reset."""
    live.apply(tiers(by_address))
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(1)
        for doomed, then in (
            (backings(live["c1"])[:1], {"c1", "c2"}),
            (backings(live["c1"])[1:], {"c2"}),
            ((live["c2"],), {"c3"}),
        ):
            since = time.monotonic()
            at_once(one.cut for one in doomed)
            assert then >= answered_by(settled(load, since, watched=0.3))
    load.answers.assert_all_answered()


def test_with_istios_connect_timeout_requests_vanish_too(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """The control: a connection may take ten seconds then, and the route has given up after three."""
    live.apply(edited(tiers(by_address), "DestinationRule", lambda spec: spec["trafficPolicy"].pop("connectionPool")))
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(1)
        at_once(one.cut for one in backings(live["c1"]))
        load.run_for(ROUTE_TIMEOUT)
    assert load.answers.failed


def test_a_black_hole_holds_a_request_until_the_routes_timeout(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """However many requests a black hole takes, none of them waits longer than the route allows."""
    live.apply(written(by_address, STRICT, failover("c2", "c3", clusters=["c1"])))
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(0.5)
        live["c2"].cut()
        load.run_for(1)
    assert {"c2", "c3", "status 504"} >= answered_by(load.answers)
    assert ROUTE_TIMEOUT + SLOW > load.answers.latency.most


@pytest.mark.parametrize("ignored", [True, False])
def test_a_fault_of_all_backings_is_over_when_it_is_over(
    live: LiveMesh, by_address: MeshSnapshot, ignored: bool
) -> None:
    """A second of errors from every backing, of a database perhaps, is not made into half a minute of them.

    It is where ejections are not ignored when nothing but ejected endpoints is left.
    """
    objects = tiers(by_address)
    if not ignored:
        objects = edited(
            objects, "DestinationRule", lambda spec: spec["trafficPolicy"]["outlierDetection"].pop("minHealthPercent")
        )
    live.apply(objects)
    apps = [pod.app for cluster in live.values() for pod in backings(cluster)]
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(1)
        at_once(lambda app=app: app.behave(status=500) for app in apps)
        load.run_for(1)
        at_once(app.behave for app in apps)
        over = time.monotonic()
        load.run_for(2)
    after = load.answers.since(over + 0.5)
    assert (0 if ignored else len(after)) == len(after.failed)
