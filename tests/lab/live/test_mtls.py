"""Strict mTLS: nobody is served without a certificate of the mesh, and with one the server knows who calls."""

from __future__ import annotations

import pytest
from outcome import expect
from rendered import Objects
from tls_client import GATEWAY_PORT, Authority, authority_of, dial, foreign_authority, issued, sni_of
from written import virtual_mesh, written

from lab.mesh.answers import Answers
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

AT_HOME = "http://reviews.default:9080/"
AWAY = "http://reviews.default.svc.kind3.global:9080/"
SNI = sni_of("reviews.default.svc.kind3.global", 9080)
CLIENT = "spiffe://cluster.local/ns/default/sa/client"
CALLERS = {
    "client": "ns/default/sa/client",
    "ratings-v1": "ns/default/sa/ratings",
    "visitor": "ns/elsewhere/sa/visitor",
}


@pytest.fixture(scope="module")
def strict(snapshot: MeshSnapshot) -> Objects:
    """Everything federated, and nothing but mutual TLS accepted."""
    return written(snapshot, virtual_mesh("kind2", "kind3", federation="permissive", strictMtls=True))


@pytest.fixture
def gateway(live: LiveMesh) -> str:
    """The address at which others reach kind3."""
    return live.plan.clusters["kind3"].node.forwards[0].address


def test_workloads_of_the_mesh_reach_each_other(live: LiveMesh, strict: Objects) -> None:
    """At home and away."""
    live.apply(strict)
    for name in ("client", "visitor"):
        expect(live["kind2"].pod(name), AT_HOME, "kind2")
        expect(live["kind2"].pod(name), AWAY, "kind3")


def test_a_workload_without_a_sidecar_is_refused(live: LiveMesh, strict: Objects) -> None:
    """It is served until the mesh is strict, and then the connection is reset."""
    stranger, server = live["kind2"].pod("stranger"), live["kind2"].pod("reviews-v1")
    expect(stranger, AT_HOME, "kind2", at=server.address)
    live.apply(strict)
    expect(stranger, AT_HOME, "reset", at=server.address)


def test_plaintext_does_not_enter_a_gateway(live: LiveMesh, strict: Objects, gateway: str) -> None:
    """Whoever speaks no TLS to it is cut off."""
    live.apply(strict)
    expect(live["kind2"].pod("stranger"), AWAY, "reset", at=f"{gateway}:{GATEWAY_PORT}")


def test_the_server_knows_who_calls(live: LiveMesh, strict: Objects) -> None:
    """Through the gateway it sees the identity of the calling workload; no proxy in between puts its own there."""
    live.apply(strict)
    seen = {name: _callers(expect(live["kind2"].pod(name), AWAY, "kind3")) for name in CALLERS}
    assert {name: {f"URI=spiffe://cluster.local/{identity}"} for name, identity in CALLERS.items()} == seen


def _callers(answers: Answers) -> set[str]:
    told = ";".join(answer.seen.headers["x-forwarded-client-cert"] for answer in answers if answer.seen)
    return {part for part in told.split(";") if part.startswith("URI=")}


def test_a_certificate_of_the_mesh_is_enough(live: LiveMesh, strict: Objects, gateway: str) -> None:
    """The control of the refusals below: the same client with the right certificate is served, under its name."""
    live.apply(strict)
    shown = issued(authority_of(live["kind2"]), CLIENT)
    seen = dial(live["kind2"].pod("stranger"), gateway, sni=SNI, identity=shown).seen
    assert seen
    assert f"URI={CLIENT}" in seen.headers["x-forwarded-client-cert"]


def test_any_other_certificate_is_refused(live: LiveMesh, strict: Objects, gateway: str) -> None:
    """The gateway passes it on unseen, and the server behind it refuses it, each for its own reason."""
    live.apply(strict)
    own, foreign = authority_of(live["kind2"]), foreign_authority()
    shown = {
        "none": b"",
        "of another mesh": issued(foreign, CLIENT),
        "of another mesh that claims to be ours": issued(Authority(foreign.key, own.certificate, own.chain), CLIENT),
        "ended": issued(own, CLIENT, hours=-1),
        "of another trust domain": issued(own, CLIENT.replace("cluster.local", "elsewhere.local")),
    }
    stranger = live["kind2"].pod("stranger")
    assert {
        "none": "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "of another mesh": "TLSV1_ALERT_UNKNOWN_CA",
        "of another mesh that claims to be ours": "TLSV1_ALERT_DECRYPT_ERROR",
        "ended": "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "of another trust domain": "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    } == {name: dial(stranger, gateway, sni=SNI, identity=identity).refused for name, identity in shown.items()}
