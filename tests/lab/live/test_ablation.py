"""Every part of what federation writes is there for a reason: without it, requests fail just as they should.

The policy sends half of the requests from kind2 to v3 in kind3 and keeps the other half at v1. Then one part at a
time is taken out of its objects or altered, as if the library had forgotten it. Where requests still go through, the
part is a second safeguard, or is there for others; that is written down here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ablation import Change, Part, changed, dropping, every, moved, replace, where, without
from connections import A_CONNECTION_EACH
from outcome import expect
from rendered import Objects
from written import traffic_policy, virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

REQUESTS = 24
"""So many that both halves show: one in ten million times they do not."""
REVIEWS = "http://reviews.default:9080/"
GLOBAL, LOCAL = "reviews.default.svc.kind3.global", "reviews"
POLICY = traffic_policy(
    "reviews",
    destinations=[{"name": "reviews", "namespace": "default", "cluster": "kind2"}],
    trafficShift=[
        {
            "destination": {"name": "reviews", "namespace": "default", "cluster": "kind3", "subset": {"version": "v3"}},
            "weight": 50,
        },
        {
            "destination": {"name": "reviews", "namespace": "default", "cluster": "kind2", "subset": {"version": "v1"}},
            "weight": 50,
        },
    ],
)

BOTH, REMOTE_FAILS, LOCAL_FAILS, HOME = ("kind2", "kind3"), ("kind2", "status 503"), ("kind3", "status 503"), ("kind2",)

SERVER_GATEWAY: Part = ("kind3", "Gateway", "istio-ingressgateway-istio-system")
SERVER_ENTRY: Part = ("kind3", "ServiceEntry", GLOBAL)
SERVER_RULE: Part = ("kind3", "DestinationRule", GLOBAL)
SERVER_RULE_AT_HOME: Part = ("kind3", "DestinationRule", LOCAL)
CLIENT_ENTRY: Part = ("kind2", "ServiceEntry", GLOBAL)
CLIENT_RULE: Part = ("kind2", "DestinationRule", GLOBAL)
CLIENT_RULE_AT_HOME: Part = ("kind2", "DestinationRule", LOCAL)
CLIENT_ROUTE: Part = ("kind2", "VirtualService", LOCAL)


def _subsets_by_version(rule: dict[str, Any]) -> None:
    for subset in rule["spec"]["subsets"]:
        subset["labels"] = {"version": subset["name"].removeprefix("version-")}


def _without_version_3(rule: dict[str, Any]) -> None:
    rule["spec"]["subsets"] = [subset for subset in rule["spec"]["subsets"] if subset["name"] != "version-v3"]


def _without_tls_label(entry: dict[str, Any]) -> None:
    for endpoint in entry["spec"]["endpoints"]:
        del endpoint["labels"]["security.istio.io/tlsMode"]


def _at_the_port_of_the_service(entry: dict[str, Any]) -> None:
    for endpoint in entry["spec"]["endpoints"]:
        del endpoint["ports"]


def _under_other_accounts(entry: dict[str, Any]) -> None:
    entry["spec"]["subjectAltNames"] = ["spiffe://cluster.local/ns/default/sa/ratings"]


def _for_other_hosts(gateway: dict[str, Any]) -> None:
    gateway["spec"]["servers"][0]["hosts"] = ["*.example.com"]


def _of_other_pods(gateway: dict[str, Any]) -> None:
    gateway["spec"]["selector"] = {"istio": "egressgateway"}


def _plain_passthrough(gateway: dict[str, Any]) -> None:
    gateway["spec"]["servers"][0]["tls"] = {"mode": "PASSTHROUGH"}


def _for_its_namespace_only(found: dict[str, Any]) -> None:
    found["spec"]["exportTo"] = ["."]


def _selecting_others(entry: dict[str, Any]) -> None:
    entry["spec"]["workloadSelector"]["labels"] = {"app": "ratings"}


TLS = dropping("spec", "trafficPolicy")
ADDRESSES = dropping("spec", "addresses")
SERVER, CLIENT = "server: ", "client: "


@pytest.fixture(scope="module")
def objects(snapshot: MeshSnapshot) -> Objects:
    """What the policy becomes."""
    return written(snapshot, virtual_mesh("kind2", "kind3", strictMtls=True), POLICY)


@pytest.fixture(scope="module")
def applied(shared: LiveMesh, objects: Objects) -> Iterator[LiveMesh]:
    """The mesh with the policy, and a connection for each request of the caller."""
    before = shared.rejections()
    shared.apply({**objects, "kind2": [*objects["kind2"], A_CONNECTION_EACH]})
    yield shared
    refused = [rejection for rejection in shared.rejections() if rejection not in before]
    shared.reset()
    assert [] == refused


@pytest.fixture
def whole(applied: LiveMesh, objects: Objects) -> Iterator[LiveMesh]:
    """The same, made whole again after each test, and works then."""
    yield applied
    replace(applied, objects)
    expect(applied["kind2"].pod("client"), REVIEWS, *BOTH, n=REQUESTS)


def test_with_all_parts_both_halves_arrive(whole: LiveMesh) -> None:
    """The control of all that follows."""
    answers = expect(whole["kind2"].pod("client"), REVIEWS, *BOTH, n=REQUESTS)
    assert {"v1@kind2", "v3@kind3"} == set(answers.counts)


@pytest.mark.parametrize(
    ("change", "outcomes"),
    [
        pytest.param(without(SERVER_GATEWAY), REMOTE_FAILS, id=SERVER + "no Gateway"),
        pytest.param(where(SERVER_GATEWAY, _for_other_hosts), REMOTE_FAILS, id=SERVER + "Gateway for other hosts"),
        pytest.param(where(SERVER_GATEWAY, _of_other_pods), REMOTE_FAILS, id=SERVER + "Gateway of other pods"),
        pytest.param(
            where(SERVER_GATEWAY, _plain_passthrough), REMOTE_FAILS, id=SERVER + "Gateway not AUTO_PASSTHROUGH"
        ),
        pytest.param(without(SERVER_ENTRY), REMOTE_FAILS, id=SERVER + "no ServiceEntry"),
        pytest.param(moved(SERVER_ENTRY, "istio-system"), REMOTE_FAILS, id=SERVER + "ServiceEntry not with the pods"),
        pytest.param(where(SERVER_ENTRY, _for_its_namespace_only), REMOTE_FAILS, id=SERVER + "ServiceEntry exported ."),
        pytest.param(where(SERVER_ENTRY, _selecting_others), REMOTE_FAILS, id=SERVER + "ServiceEntry of other pods"),
        pytest.param(without(SERVER_RULE), REMOTE_FAILS, id=SERVER + "no DestinationRule"),
        pytest.param(where(SERVER_RULE, _without_version_3), REMOTE_FAILS, id=SERVER + "DestinationRule without v3"),
        pytest.param(moved(SERVER_RULE, "elsewhere"), REMOTE_FAILS, id=SERVER + "DestinationRule elsewhere"),
        pytest.param(
            where(SERVER_RULE, _for_its_namespace_only), REMOTE_FAILS, id=SERVER + "DestinationRule exported ."
        ),
        pytest.param(without(CLIENT_ENTRY), REMOTE_FAILS, id=CLIENT + "no ServiceEntry"),
        pytest.param(
            where(CLIENT_ENTRY, _at_the_port_of_the_service), REMOTE_FAILS, id=CLIENT + "not the gateway's port"
        ),
        pytest.param(where(CLIENT_ENTRY, _under_other_accounts), REMOTE_FAILS, id=CLIENT + "other subjectAltNames"),
        pytest.param(without(CLIENT_RULE), REMOTE_FAILS, id=CLIENT + "no DestinationRule"),
        pytest.param(where(CLIENT_RULE, _without_version_3), REMOTE_FAILS, id=CLIENT + "DestinationRule without v3"),
        pytest.param(where(CLIENT_RULE, _subsets_by_version), REMOTE_FAILS, id=CLIENT + "subsets by version"),
        pytest.param(
            every(where(CLIENT_RULE, TLS), where(CLIENT_ENTRY, _without_tls_label)),
            REMOTE_FAILS,
            id=CLIENT + "neither tls nor its label",
        ),
        pytest.param(without(CLIENT_RULE_AT_HOME), LOCAL_FAILS, id=CLIENT + "no DestinationRule at home"),
        pytest.param(without(CLIENT_ROUTE), HOME, id=CLIENT + "no VirtualService"),
    ],
)
def test_what_requests_need(whole: LiveMesh, objects: Objects, change: Change, outcomes: tuple[str, ...]) -> None:
    """Without the part the half that needs it fails, and the other does not."""
    replace(whole, changed(objects, change))
    expect(whole["kind2"].pod("client"), REVIEWS, *outcomes, n=REQUESTS)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(where(SERVER_RULE, TLS), id=SERVER + "DestinationRule without tls"),
        pytest.param(moved(SERVER_RULE, "istio-system"), id=SERVER + "DestinationRule in the root namespace"),
        pytest.param(where(SERVER_ENTRY, ADDRESSES), id=SERVER + "ServiceEntry without addresses"),
        pytest.param(without(SERVER_RULE_AT_HOME), id=SERVER + "no DestinationRule at home"),
        pytest.param(where(CLIENT_RULE, TLS), id=CLIENT + "DestinationRule without tls"),
        pytest.param(where(CLIENT_ENTRY, _without_tls_label), id=CLIENT + "endpoints without their tls label"),
        pytest.param(where(CLIENT_ENTRY, dropping("spec", "subjectAltNames")), id=CLIENT + "no subjectAltNames"),
        pytest.param(where(CLIENT_ENTRY, ADDRESSES), id=CLIENT + "ServiceEntry without addresses"),
    ],
)
def test_what_these_requests_do_not_need(whole: LiveMesh, objects: Objects, change: Change) -> None:
    """Another part stands in for it, or it is for callers of another kind."""
    replace(whole, changed(objects, change))
    expect(whole["kind2"].pod("client"), REVIEWS, *BOTH, n=REQUESTS)


def test_only_ready_pods_are_sent_to(whole: LiveMesh) -> None:
    """The gateway follows the pods' readiness, and the subset's only pod comes back by itself."""
    pod = whole["kind3"].pod("reviews-v3")
    pod.ready(False)
    try:
        expect(whole["kind2"].pod("client"), REVIEWS, *REMOTE_FAILS, n=REQUESTS)
    finally:
        pod.ready()
    expect(whole["kind2"].pod("client"), REVIEWS, *BOTH, n=REQUESTS)
