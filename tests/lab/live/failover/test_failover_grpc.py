"""Failover of a gRPC service: 100 calls a second, none of which fails."""

from __future__ import annotations

import time

import pytest
from disturbance import HOST, SLOW, SOON_BACK, STRICT, answered_by, at_once, backings, edited, failover, settled
from written import written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

URL = f"grpc://{HOST}:50051/shop.Cart/Add"
PORT = {"number": 50051, "protocol": "GRPC"}


@pytest.mark.parametrize("repeated", [True, False])
def test_only_the_apps_die(live: LiveMesh, by_address: MeshSnapshot, repeated: bool) -> None:
    """Their proxies answer with the status `unavailable` at HTTP's 200, which is not one of the kind 5xx.

    Calls fail for a second where it is not among the retries' conditions.
    """
    objects = written(by_address, STRICT, failover("c1", "c2", "c3", port=PORT, outlierDetection=SOON_BACK))
    if not repeated:
        objects = edited(
            objects,
            "VirtualService",
            lambda spec: spec["http"][0]["retries"].update(retryOn="connect-failure,refused-stream,reset,5xx"),
        )
    live.apply(objects)
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(0.5)
        assert {"c1"} == answered_by(load.answers)
        at_once(pod.kill_app for pod in backings(live["c1"]))
        load.run_for(2)
    assert {"c2"} == answered_by(load.answers[-20:])
    assert (set() if repeated else {"grpc 14"}) == set(load.answers.reasons)


def test_pods_die(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """All of c1's at once: c2 answers, and nobody waits long."""
    live.apply(written(by_address, STRICT, failover("c1", "c2", "c3", port=PORT)))
    with live["c1"].pod("client").load(URL) as load:
        load.run_for(0.5)
        died = time.monotonic()
        at_once(pod.kill for pod in backings(live["c1"]))
        after = settled(load, died, watched=0.3)
    assert {"c2"} == answered_by(after)
    load.answers.assert_all_answered()
    assert SLOW > load.answers.latency.p99
