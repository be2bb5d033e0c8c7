"""Istio's default trust domain where the cluster that is called has another one: whom istiod takes a rule to mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from meshes import cluster, permissive, snapshot, spec
from world import Manifests, World

from lab import wait
from meshhub_pulumi.standard import compile_standard

OWN = "kind3.example"
SEEN = snapshot(kind2=cluster("172.18.0.220", "v1"), kind3=cluster("172.18.0.230", "v2", trustDomain=OWN))
CALLEE = {"name": "reviews", "namespace": "default", "cluster": "kind3"}


@pytest.fixture(scope="module")
def apart(world: World) -> Iterator[World]:
    """Kind3 has a trust domain of its own."""
    file = world.clusters["kind3"].cluster.folder / "mesh.yaml"
    before = file.read_text()
    try:
        file.write_text(yaml.safe_dump({**yaml.safe_load(before), "trustDomain": OWN}))
        yield world
    finally:
        file.write_text(before)


def let_in(world: World) -> set[str]:
    """The identities that the pods of reviews in kind3 let in, as Envoy is told to compare them."""
    listeners = world.pod("reviews-v2").listeners
    arrivals = [one for one in listeners if one["address"]["socketAddress"]["portValue"] == 15006]
    return set(re.findall(r"'(?:exact|prefix)': 'spiffe://([^']+/ns/[^']*)'", str(arrivals)))


@pytest.mark.parametrize(
    ("source", "principals"),
    [
        ({"clusters": ["kind2"]}, {"cluster.local/ns/"}),
        ({"clusters": ["kind2"], "namespaces": ["web"]}, {"cluster.local/ns/web/"}),
        ({"clusters": ["kind3"], "namespaces": ["web"]}, {f"{OWN}/ns/web/sa/"}),
        ({"service_account": "web", "namespace": "web", "cluster": "kind3"}, {f"{OWN}/ns/web/sa/web"}),
    ],
)
def test_callers_of_a_cluster_are_those_of_its_trust_domain(
    apart: World, source: dict[str, Any], principals: set[str]
) -> None:
    """Also where it is Istio's default one."""
    apart.hold(SEEN, permissive(), spec("AccessPolicy", "web", destinations=[CALLEE], sources=[source]))
    _until(apart, principals)


def test_an_account_of_the_default_trust_domain_is_taken_for_an_own_one(apart: World) -> None:
    """Which is why nothing is written for it (MH517)."""
    source = {"service_account": "web", "namespace": "web", "cluster": "kind2"}
    policy = spec("AccessPolicy", "web", destinations=[CALLEE], sources=[source])
    assert "MH517" in {one.code for one in compile_standard([permissive(), policy], SEEN).findings}

    def as_others_would(manifests: Manifests) -> None:
        (rule,) = manifests["kind3", "AuthorizationPolicy", "default/reviews"]["spec"]["rules"]
        rule["from"] = [{"source": {"principals": ["cluster.local/ns/web/sa/web"]}}]

    policy = spec("AccessPolicy", "web", destinations=[CALLEE], sources=[{**source, "cluster": "kind3"}])
    apart.hold(SEEN, permissive(), policy, edit=as_others_would)
    _until(apart, {f"{OWN}/ns/web/sa/web"})


def _until(world: World, principals: set[str]) -> None:
    """Istiod may learn of the mesh configuration after everything else."""
    wait.until(f"{principals} are let in", lambda: "" if (now := let_in(world)) == principals else str(now), limit=30)
