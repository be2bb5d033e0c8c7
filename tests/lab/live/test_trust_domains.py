"""Clusters with a trust domain each: access rules tell callers of one cluster from those of another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from connections import with_a_connection_each
from outcome import expect
from tls_client import authority_of, dial, issued, sni_of
from written import access_policy, virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.readers.files import read_snapshot

MESH = virtual_mesh("east", "west", federation="permissive", strictMtls=True)
REVIEWS = {"name": "reviews", "namespace": "default", "cluster": "west"}
URL = {"east": "http://reviews.default.svc.west.global:9080/", "west": "http://reviews.default:9080/"}
CALLERS = ("east/client", "east/visitor", "west/client", "west/visitor")
IN_EAST = [{"serviceAccount": "client", "namespace": "default", "cluster": "east"}]


@pytest.fixture(scope="module")
def snapshot() -> MeshSnapshot:
    """The mesh of trust_domains.yaml."""
    return read_snapshot(Path(__file__).with_name("trust_domains.yaml"))


@pytest.fixture
def apart(running: LiveMesh) -> Iterator[LiveMesh]:
    """It as if it were new."""
    yield running
    running.reset()


def test_callers_of_another_trust_domain_are_let_in(apart: LiveMesh, snapshot: MeshSnapshot) -> None:
    """The clusters share a root: both ways, and under the names that they have at home."""
    apart.apply(with_a_connection_each(written(snapshot, MESH)))
    for here, there in (("east", "west"), ("west", "east")):
        url = f"http://reviews.default.svc.{there}.global:9080/"
        answers = expect(apart[here].pod("client"), url, there)
        seen = {answer.seen.headers["x-forwarded-client-cert"] for answer in answers if answer.seen}
        assert all(f"URI=spiffe://{here}.example/ns/default/sa/client" in told for told in seen), seen


@pytest.mark.parametrize(
    ("sources", "served"),
    [
        pytest.param(IN_EAST, {"east/client"}, id="an account of the other cluster"),
        pytest.param([{**IN_EAST[0], "cluster": "west"}], {"west/client"}, id="an account of the own cluster"),
        pytest.param(
            [{"serviceAccount": "client", "namespace": "default"}],
            {"east/client", "west/client"},
            id="an account of any cluster",
        ),
        pytest.param([{"clusters": ["east"]}], {"east/client", "east/visitor"}, id="the other cluster"),
        pytest.param([{"clusters": ["west"]}], {"west/client", "west/visitor"}, id="the own cluster"),
        pytest.param(
            [{"clusters": ["east"], "namespaces": ["elsewhere"]}], {"east/visitor"}, id="a namespace of the other"
        ),
        pytest.param([{"namespaces": ["elsewhere"]}], {"east/visitor", "west/visitor"}, id="a namespace of any"),
    ],
)
def test_whom_a_policy_names(
    apart: LiveMesh, snapshot: MeshSnapshot, sources: list[dict[str, Any]], served: set[str]
) -> None:
    """They are served, and callers with the same names in another cluster are not."""
    _apply(apart, snapshot, sources)
    for caller in CALLERS:
        if caller not in served:
            _expect(apart, caller, "status 403")
    for caller in sorted(served):
        _expect(apart, caller, "west")


def test_only_the_trust_domains_of_the_mesh_are_let_in(apart: LiveMesh, snapshot: MeshSnapshot) -> None:
    """The shared root alone does not do: a certificate for a third trust domain ends in TLS already."""
    apart.apply(written(snapshot, MESH))
    dialled = {name: _dialled(apart, f"spiffe://{name}.example/ns/default/sa/client") for name in ("east", "north")}
    assert {"east": "", "north": "SSLV3_ALERT_CERTIFICATE_UNKNOWN"} == dialled


def test_aliases_would_let_the_others_in_as_our_own(apart: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Why the clusters must not be aliases of each other: then no rule can tell them apart."""
    _apply(apart, snapshot, IN_EAST)
    _expect(apart, "west/client", "status 403")
    file = apart["west"].control_plane.cluster.folder / "mesh.yaml"
    before = file.read_text()
    try:
        file.write_text(yaml.safe_dump({**yaml.safe_load(before), "trustDomainAliases": ["east.example"]}))
        _expect(apart, "west/client", "west")
    finally:
        file.write_text(before)
    _expect(apart, "west/client", "status 403")


def _apply(apart: LiveMesh, snapshot: MeshSnapshot, sources: list[dict[str, Any]]) -> None:
    policy = access_policy("web", destinations=[REVIEWS], sources=sources)
    apart.apply(with_a_connection_each(written(snapshot, MESH, policy)))


def _expect(apart: LiveMesh, caller: str, result: str) -> None:
    cluster, _, name = caller.partition("/")
    expect(apart[cluster].pod(name), URL[cluster], result)


def _dialled(apart: LiveMesh, uri: str) -> str:
    """How west's reviews refuse who comes through the gateway under this name; empty when they serve."""
    own = authority_of(apart["east"])
    address = apart.plan.clusters["west"].node.forwards[0].address
    sni = sni_of("reviews.default.svc.west.global", 9080)
    # From a gateway's namespace: nothing there redirects connections into a proxy.
    return dial(apart["east"].gateway(), address, sni=sni, identity=issued(own, uri)).refused
