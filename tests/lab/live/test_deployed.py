"""The real engine changes a mesh that serves: no request fails, whatever of a policy comes, changes or goes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[3]
sys.path.insert(0, str(CHECKOUT / "tests/e2e"))

from engine import Engine  # noqa: E402
from programs import program, reviews  # noqa: E402

from lab.mesh.running import LiveMesh  # noqa: E402
from tools import toolchain  # noqa: E402

URL = "http://reviews:9080/"
A_MOMENT = 10
"""Requests of a tenth of a second."""
Shares = Mapping[str, float] | None
ISTIO_KINDS = ("VirtualService", "DestinationRule", "ServiceEntry", "Gateway")

ONLY_LOCAL = """
    TrafficPolicy("reviews", TrafficPolicyArgs(
        destinations=[service("reviews", "default", cluster="kind2")],
        traffic_shift=[
            WeightedDestination(subset(service("reviews", "default", cluster="kind2"), version="v1"), weight=60),
            WeightedDestination(subset(service("reviews", "default", cluster="kind2"), version="v2"), weight=40),
        ],
    ))
"""
OTHER_VERSION = reviews().replace('version="v3"', 'version="v2"')
TIMEOUT_ALONE = """
    TrafficPolicy("reviews", TrafficPolicyArgs(
        destinations=[service("reviews", "default", cluster="kind2")], timeout="3s"))
"""


@pytest.fixture
def stack(live: LiveMesh, tmp_path: Path) -> Engine:
    """A stack on the live mesh, with the deck's mesh deployed."""
    toolchain.ensure(["pulumi", "pulumi-language-python", "pulumi-resource-kubernetes"])
    (tmp_path / "stack").mkdir()
    made = Engine(tmp_path / "stack", live.lab.kubeconfig)
    made.write(program(), snapshot=(CHECKOUT / "examples/bookinfo/snapshot.yaml").read_text())
    return made


BUSY = "2s"
"""On a machine that runs tests, what istiod and the proxies get for what takes a tenth of a second otherwise."""


def deploy(stack: Engine, policies: str, propagation: str = BUSY) -> None:
    """Where nothing is sent yet, nothing has to wait: `propagation` is short then."""
    stack.write(program(policies, mesh=f', propagation="{propagation}"'))
    outcome = stack.up()
    assert outcome.code == 0, outcome.text


CHANGES: dict[str, tuple[str, Shares]] = {
    "a policy added": (reviews(), {"v3@kind3": 75, "v1@kind2": 15, "v2@kind2": 10}),
    "other weights": (reviews(10, 20, 70), {"v3@kind3": 10, "v1@kind2": 20, "v2@kind2": 70}),
    "another version": (OTHER_VERSION, {"v2@kind3": 75, "v1@kind2": 15, "v2@kind2": 10}),
    "the other cluster dropped": (ONLY_LOCAL, {"v1@kind2": 60, "v2@kind2": 40}),
    "a cluster added": (reviews(), {"v3@kind3": 75, "v1@kind2": 15, "v2@kind2": 10}),
    "the shift dropped, the policy kept": (TIMEOUT_ALONE, None),
    "a policy without a shift removed": ("", None),
}
"""What a stack goes through, step by step: the policies after each, and which share of requests goes where then.
Where none is said, the service of the caller's own cluster answers."""


def test_changes_under_load(live: LiveMesh, stack: Engine, subtests: pytest.Subtests) -> None:
    """Make-before-break: serving side first where something comes, last where something goes."""
    deploy(stack, "", "1ms")
    client = live["kind2"].pod("client")
    for change, (policies, shares) in CHANGES.items():
        live.settle()
        with subtests.test(change):
            with client.load(URL, rate=100) as load:
                load.run_for(0.5)
                deploy(stack, policies)
                live.settle()
                load.run_for(0.5)
            load.answers.assert_all_answered()
            answers = client.call(URL, 600)
            answers.assert_all_answered()
            if shares:
                answers.assert_shares(shares)
            else:
                assert {"kind2"} == {where.partition("@")[2] for where in answers.counts}


def test_a_shift_removed_with_its_policy_under_load(live: LiveMesh, stack: Engine) -> None:
    """A whole VirtualService goes just before what it sent to, so that istiod tells of both together, clusters first:
    requests of the moment between two of its messages may fail, and no others."""
    deploy(stack, reviews(), "1ms")
    live.settle()
    client = live["kind2"].pod("client")
    with client.load(URL, rate=100) as load:
        load.run_for(0.5)
        deploy(stack, "")
        live.settle()
        load.run_for(0.5)
    load.answers.assert_all_answered(but=A_MOMENT)
    after = client.call(URL, 600)
    after.assert_all_answered()
    assert {"kind2"} == {where.partition("@")[2] for where in after.counts}


def test_a_mesh_destroyed_under_load(live: LiveMesh, stack: Engine) -> None:
    """What is left is the mesh as it was, and nobody noticed, but for the moment of a shift that goes as a whole."""
    found = {name: _objects(live, name) for name in live}
    deploy(stack, reviews(), "1ms")
    live.settle()
    with live["kind2"].pod("client").load(URL, rate=100) as load:
        load.run_for(0.5)
        outcome = stack.destroy()
        assert outcome.code == 0, outcome.text
        live.settle()
        load.run_for(0.5)
    load.answers.assert_all_answered(but=A_MOMENT)
    assert found == {name: _objects(live, name) for name in live}


def test_the_objects_of_others_are_left_alone(live: LiveMesh, stack: Engine) -> None:
    """Neither `up` nor `destroy` touches what somebody else wrote."""
    foreign: dict[str, Any] = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "ratings", "namespace": "default"},
        "spec": {"hosts": ["ratings"], "http": [{"route": [{"destination": {"host": "ratings"}}], "timeout": "7s"}]},
    }
    for name in live:
        live[name].api.apply([foreign])
    found = {name: _objects(live, name) for name in live}
    deploy(stack, reviews(), "1ms")
    assert stack.destroy().code == 0
    assert found == {name: _objects(live, name) for name in live}


def test_a_cluster_that_cannot_be_told(live: LiveMesh, stack: Engine) -> None:
    """One control plane is down in the middle of a change: the mesh goes on serving, and the next `up` finishes."""
    deploy(stack, ONLY_LOCAL, "1ms")
    live.settle()
    client = live["kind2"].pod("client")
    with client.load(URL, rate=100) as load:
        load.run_for(0.5)
        live["kind3"].control_plane.stop()
        stack.write(program())
        assert stack.up().code != 0
        live["kind3"].control_plane.start()
        live.settle()  # its proxies take some seconds to come back to an istiod that was away
        deploy(stack, reviews())
        live.settle()
        load.run_for(0.5)
    load.answers.assert_all_answered()
    client.call(URL, 600).assert_shares({"v3@kind3": 75, "v1@kind2": 15, "v2@kind2": 10})


def _objects(live: LiveMesh, cluster: str) -> set[tuple[str, str, str, str]]:
    """Every Istio object of a cluster, with the version by which any write would show."""
    return {
        (kind, thing["metadata"]["namespace"], thing["metadata"]["name"], thing["metadata"]["resourceVersion"])
        for kind in ISTIO_KINDS
        for thing in live[cluster].api.list("networking.istio.io/v1", kind)
    }
