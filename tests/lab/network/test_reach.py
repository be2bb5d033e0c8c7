"""The network of a live mesh: who reaches whom, and through what."""

from __future__ import annotations

from pathlib import Path

import pytest
from two_clusters import EAST_GATEWAY, WEST_GATEWAY, Server, hear, node, pod, real

from lab.mesh.namespace import call
from lab.mesh.network import build
from lab.mesh.wiring import Wiring


@real
def test_pods_of_a_network_reach_each_other_and_see_who_calls(mesh: str, serve: Server) -> None:
    """Nothing is between them."""
    serve(f"{mesh}-east-gw", "10.244.0.2", 8080, "gateway")
    assert ["gateway", "10.244.0.20"] == hear(f"{mesh}-east-client", "10.244.0.2", 8080)


@real
def test_networks_have_the_same_addresses_and_do_not_meet(mesh: str, serve: Server) -> None:
    """An address means a different pod on each network, or none."""
    for cluster in ("east", "west"):
        serve(f"{mesh}-{cluster}-gw", "10.244.0.2", 8080, cluster)
    serve(f"{mesh}-west-only", "10.244.0.30", 8080, "only")
    assert "east" == hear(f"{mesh}-east-client", "10.244.0.2", 8080)[0]
    assert "west" == hear(f"{mesh}-west-client", "10.244.0.2", 8080)[0]
    assert "only" == hear(f"{mesh}-west-client", "10.244.0.30", 8080)[0]
    with pytest.raises(OSError, match=r"timed out|No route to host"):
        hear(f"{mesh}-east-client", "10.244.0.30", 8080, limit=0.5)


@real
def test_a_gateways_address_leads_to_its_pod_from_another_cluster(mesh: str, serve: Server) -> None:
    """The gateway sees the other cluster's node, never a pod's address, which would mean somebody else here."""
    serve(f"{mesh}-west-gw", "10.244.0.2", 8443, "gateway of west")
    assert ["gateway", "of", "west", "100.64.0.1"] == hear(f"{mesh}-east-client", WEST_GATEWAY, 15443)


@real
def test_a_pod_may_use_the_gateway_of_its_own_cluster(mesh: str, serve: Server) -> None:
    """There and back through the node, which does not tell the pod of the shorter way that does not work."""
    serve(f"{mesh}-east-gw", "10.244.0.2", 8443, "gateway")
    for _ in range(3):
        assert ["gateway", "10.244.0.1"] == hear(f"{mesh}-east-client", EAST_GATEWAY, 15443)
    counters = call(f"{mesh}-east", lambda: Path("/proc/thread-self/net/snmp").read_text()).splitlines()
    names, values = (line.split() for line in counters if line.startswith("Icmp:"))
    assert "0" == dict(zip(names, values, strict=True))["OutRedirects"]


@real
def test_a_port_that_a_gateway_does_not_offer_is_refused(mesh: str, serve: Server) -> None:
    """Only what is forwarded gets in, even where the pod would listen."""
    serve(f"{mesh}-west-gw", "10.244.0.2", 15021, "gateway")
    with pytest.raises(ConnectionRefusedError):
        hear(f"{mesh}-east-client", WEST_GATEWAY, 15021)


@real
def test_an_address_that_nobody_has_is_no_host(mesh: str) -> None:
    """It is asked for outside, as any other."""
    with pytest.raises(OSError, match=r"timed out|No route to host"):
        hear(f"{mesh}-east-client", "203.0.113.7", 443, limit=0.5)


@real
def test_clusters_that_share_a_network_reach_each_others_pods(prefix: str, serve: Server) -> None:
    """Each still has a node of its own, with its own outer address."""
    nodes = (
        node(prefix, "east", 1, gateway=EAST_GATEWAY, shared="flat"),
        node(prefix, "west", 2, gateway=WEST_GATEWAY, at="10.244.1.1", shared="flat"),
    )
    pods = (pod(prefix, "a", "flat", "10.244.0.10"), pod(prefix, "b", "flat", "10.244.1.10"))
    build(Wiring(prefix=prefix, nodes=nodes, pods=pods))
    serve(f"{prefix}-b", "10.244.1.10", 8080, "b")
    serve(f"{prefix}-west", WEST_GATEWAY, 8080, "west")
    assert ["b", "10.244.0.10"] == hear(f"{prefix}-a", "10.244.1.10", 8080)
    assert ["west", "100.64.0.1"] == hear(f"{prefix}-a", WEST_GATEWAY, 8080)
