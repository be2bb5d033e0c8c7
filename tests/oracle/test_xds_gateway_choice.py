"""Gateways that rules select, and others: what a mesh opens is open nowhere else."""

from __future__ import annotations

import pytest
from meshes import cluster, shift, snapshot, spec, to
from way import AWAY, outbound
from world import DOOR, World

from lab.xds import ProxyView
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.standard import compile_standard

BETWEEN = {"name": "between", "addresses": ["172.18.0.230"]}


def seen(**labels: str) -> MeshSnapshot:
    """kind3 has a gateway for the public beside the one between clusters, whose pods carry these labels."""
    public = {"name": "public", "labels": labels, "addresses": ["172.18.0.231"]}
    return snapshot(kind2=cluster("172.18.0.220", "v1"), kind3=cluster([BETWEEN, public], "v1", "v3"))


def mesh(*rules: dict[str, object]) -> Spec:
    """A mesh of both clusters with these rules for gateways."""
    return spec("VirtualMesh", "mesh", clusters=["kind2", "kind3"], east_west_gateways=rules)


ONE = {"gateways": [{"name": "between", "namespace": "istio-system", "cluster": "kind3"}]}
THE_OTHER_CLUSTER = {"gateways": [{"clusters": ["kind2"]}]}
SENDS = shift(to("kind2"), (to("kind3"), 100))


def opened(proxy: ProxyView) -> list[int]:
    """The ports that a gateway listens at for other clusters."""
    ports = [one["address"]["socketAddress"]["portValue"] for one in proxy.listeners]
    return [port for port in ports if port == DOOR]


@pytest.mark.parametrize(
    ("rules", "labels", "calls", "public"),
    [
        pytest.param([ONE, THE_OTHER_CLUSTER], {"istio": "ingressgateway"}, ["172.18.0.230:15443"], [], id="selected"),
        pytest.param(
            [], {"istio": "ingressgateway"}, ["172.18.0.230:15443", "172.18.0.231:15443"], [DOOR], id="no-rules"
        ),
        pytest.param(
            [ONE, THE_OTHER_CLUSTER], {"istio": "eastwestgateway"}, ["172.18.0.230:15443"], [DOOR], id="same-labels"
        ),
    ],
)
def test_a_gateway_that_no_rule_selects_opens_nothing(world: World, rules, labels, calls, public) -> None:
    """Nobody calls it, and it does not listen; but it does where its pods have the labels of the other's (MH522)."""
    described, specs = seen(**labels), (mesh(*rules), SENDS)
    world.hold(described, *specs)
    assert calls == world.client().clusters[outbound(AWAY)].addresses
    assert [DOOR] == opened(world.gateway(pod="between"))
    assert public == opened(world.gateway(pod="public"))
    told = "MH522" in {finding.code for finding in compile_standard(specs, described).findings}
    assert told == (bool(rules) and bool(public))
