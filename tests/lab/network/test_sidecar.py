"""What a pod sends and is sent goes to its sidecar, and what the sidecar does itself does not."""

from __future__ import annotations

import socket

import pytest
from two_clusters import APP, PROXY, Server, ask_ip, hear, hear_as, real

from lab.mesh.namespace import call
from lab.mesh.removal import existing


@pytest.fixture
def sidecar(mesh: str, serve: Server) -> str:
    """The namespace of the captured pod, where an app and everything that the proxy listens on answer."""
    namespace = f"{mesh}-east-app"
    for port, name in {
        8080: "app",
        15001: "outbound",
        15006: "inbound",
        15053: "dns",
        15008: "tunnel",
        15021: "health",
    }.items():
        serve(namespace, "0.0.0.0", port, name)
    return namespace


@real
@pytest.mark.parametrize(("port", "name"), [(8080, "inbound"), (9999, "inbound"), (53, "inbound"), (15021, "health")])
def test_what_is_sent_to_a_pod_goes_to_its_sidecar(mesh: str, sidecar: str, port: int, name: str) -> None:
    """All of it, but the ports that the proxy serves itself."""
    assert name == hear(f"{mesh}-east-client", "10.244.0.11", port)[0]


@real
@pytest.mark.parametrize(
    ("uid", "address", "port", "name"),
    [
        pytest.param(APP, "10.96.0.80", 9080, "outbound", id="a-service"),
        pytest.param(APP, "240.0.0.12", 9080, "outbound", id="a-virtual-address"),
        pytest.param(APP, "10.244.0.2", 8080, "outbound", id="another-pod"),
        pytest.param(PROXY, "10.244.0.2", 8080, "other", id="the-proxy-to-another-pod"),
        pytest.param(APP, "127.0.0.1", 8080, "app", id="loopback"),
        pytest.param(PROXY, "127.0.0.1", 8080, "app", id="the-proxy-to-loopback"),
        pytest.param(APP, "10.244.0.11", 8080, "app", id="itself-by-address"),
        pytest.param(PROXY, "10.244.0.11", 8080, "inbound", id="the-proxy-chose-its-own-pod"),
        pytest.param(PROXY, "10.244.0.11", 15008, "tunnel", id="the-proxys-own-tunnel"),
        pytest.param(APP, "10.96.0.10", 53, "dns", id="dns"),
        pytest.param(APP, "127.0.0.1", 53, "dns", id="dns-on-loopback"),
        pytest.param(PROXY, "10.244.0.2", 53, "resolver", id="the-proxys-own-dns"),
    ],
)
def test_what_a_pod_sends_goes_to_its_sidecar(
    mesh: str, sidecar: str, serve: Server, uid: int, address: str, port: int, name: str
) -> None:
    """All that leaves the pod, but what the proxy itself sends."""
    serve(f"{mesh}-east-gw", "10.244.0.2", 8080, "other")
    serve(f"{mesh}-east-gw", "10.244.0.2", 53, "resolver")
    assert name == hear_as(uid, sidecar, address, port)


@real
def test_the_proxy_reaches_its_own_app(sidecar: str) -> None:
    """From the address that marks what it passes on, even at the pod's address."""
    assert "app" == hear_as(PROXY, sidecar, "10.244.0.11", 8080, source="127.0.0.6")


@real
@pytest.mark.parametrize("server", ["127.0.0.1", "10.96.0.10"])
def test_dns_questions_go_to_the_sidecar(sidecar: str, server: str) -> None:
    """Also by UDP, whichever server is asked."""
    with call(sidecar, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as agent:
        agent.bind(("127.0.0.1", 15053))  # as pilot-agent does
        agent.settimeout(3)
        with call(sidecar, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asking:
            asking.settimeout(3)
            asking.sendto(b"question", (server, 53))
            question, client = agent.recvfrom(100)
            agent.sendto(b"answer", client)
            assert (b"question", b"answer", (server, 53)) == (question, *asking.recvfrom(100))


@real
def test_a_pod_without_a_sidecar_is_not_captured(mesh: str, serve: Server) -> None:
    """What listens on the sidecar's ports gets nothing."""
    for port, name in {8080: "app", 15006: "inbound", 15001: "outbound"}.items():
        serve(f"{mesh}-east-client", "0.0.0.0", port, name)
    serve(f"{mesh}-east-gw", "10.244.0.2", 8080, "other")
    assert "app" == hear(f"{mesh}-east-gw", "10.244.0.20", 8080)[0]
    assert "other" == hear_as(APP, f"{mesh}-east-client", "10.244.0.2", 8080)


@real
def test_there_is_no_way_around_a_sidecar_by_ipv6(mesh: str) -> None:
    """The rules are for IPv4, so no namespace has an address of the other kind."""
    for name in existing(mesh):
        assert [] == call(name, lambda: ask_ip("-6", "addr"))
