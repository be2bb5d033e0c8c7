"""Defects that Service Mesh Hub and Gloo Mesh were known for, by the numbers of their issues: none is here.

Those about what is not here yet (trust, Wasm, gateways of the edge) come with it. That a policy may say more of
connections (#1835) is tests/cases/connection_pool.
"""

from __future__ import annotations

from typing import Any

from make import access, cluster, compiled, failover, mesh, service, shift, snapshot, to, traffic

ROOT = "istio-system"
TWO_PORTS = [{"name": "http", "port": 8080}, {"name": "http-admin", "port": 8081}]


def bodies(*specs: Any, **given: Any) -> dict[str, Any]:
    """The spec of each object, by cluster, kind, namespace and name."""
    made = compiled(*specs, **given)
    assert [] == made.errors
    return {f"{x.cluster}/{x.kind}/{x.namespace}/{x.name}": dict(m.body["spec"]) for x, m in made.manifests.items()}


def codes(*specs: Any, **given: Any) -> set[str]:
    """The codes of what is found."""
    return {finding.code for finding in compiled(*specs, **given).findings}


def test_804_federation_that_nobody_describes() -> None:
    """gloo-mesh#804: a mesh that says nothing of federation federates what its policies send to, and no more."""
    seen = snapshot(east=cluster("east", [service()]), west=cluster("west", [service(), service("cart")]))
    made = bodies(mesh(), traffic("send", traffic_shift=shift((to("west"), 100))), seen=seen)
    hosts = {host for key, spec in made.items() if "/ServiceEntry/" in key for host in spec["hosts"]}
    assert {"checkout.shop.svc.west.global"} == hosts


def test_948_most_endpoints_may_be_ejected() -> None:
    """gloo-mesh#948: Istio's 10 percent kept failing pods in use; all may be ejected here."""
    made = bodies(mesh(), traffic("eject", outlier_detection={}))
    detection = made["east/DestinationRule/shop/checkout"]["trafficPolicy"]["outlierDetection"]
    assert 100 == detection["maxEjectionPercent"]


def test_962_references_to_what_is_absent() -> None:
    """gloo-mesh#962: a reference to a service that is not there was accepted; it is an error."""
    assert {"MH101"} == codes(mesh(), traffic("send", traffic_shift=shift((to("west", "ghost"), 100))))


def test_993_a_gateway_without_an_address() -> None:
    """gloo-mesh#993: it was left among the gateways as nothing, and taken; now its cluster cannot be sent to."""
    seen = snapshot(east=cluster("east"), west=cluster("west", gateways=[{"name": "pending", "addresses": []}]))
    send = traffic("send", traffic_shift=shift((to("west"), 100)))
    assert {"MH111"} == codes(mesh(), send, seen=seen)
    seen = snapshot(
        east=cluster("east"),
        west=cluster("west", gateways=[{"name": "pending"}, {"name": "there", "addresses": ["10.0.1.1", "10.0.1.2"]}]),
    )
    for compat in (None, "smh-0.8"):
        entry = bodies(mesh(), send, seen=seen, compat=compat)[
            f"east/ServiceEntry/{ROOT}/checkout.shop.svc.west.global"
        ]
        assert "10.0.1.1" == entry["endpoints"][0]["address"]


def test_1131_policies_in_each_others_shadow() -> None:
    """gloo-mesh#1131: of two policies for the same requests the second was lost without a word."""
    same = {"matches": [{"exact": "/a"}]}
    found = codes(mesh(), traffic("a", timeout="1s", **same), traffic("b", timeout="2s", **same), compat="smh-0.8")
    assert "MH205" in found
    found = codes(mesh(), traffic("a", timeout="1s", **same), traffic("b", timeout="2s", **same))
    assert {"MH203"} == found


def test_1572_rules_that_nobody_asked_for() -> None:
    """gloo-mesh#1572: every service got a DestinationRule, which broke plaintext callers and the users' own rules."""
    assert {} == bodies(mesh())
    made = bodies(mesh(), traffic("slow", timeout="2s"))
    assert ["east/VirtualService/shop/checkout"] == list(made)


def test_1611_and_1808_several_gateways_and_names() -> None:
    """gloo-mesh#1611, #1808: one gateway, its address an IP; here all of them count, and names as well as IPs."""
    doors = [
        {"name": "a", "addresses": ["10.0.1.1"], "port": 15443},
        {"name": "b", "addresses": ["gw.example.com"], "port": 443},
    ]
    seen = snapshot(east=cluster("east"), west=cluster("west", gateways=doors))
    made = bodies(mesh(), traffic("send", traffic_shift=shift((to("west"), 100))), seen=seen)
    entry = made[f"east/ServiceEntry/{ROOT}/checkout.shop.svc.west.global"]
    assert "DNS" == entry["resolution"]
    assert [("10.0.1.1", 15443), ("gw.example.com", 443)] == [
        (endpoint["address"], endpoint["ports"]["http"]) for endpoint in entry["endpoints"]
    ]  # Gloo Mesh gave all of them the port of the last


def test_1639_ports_of_routes_without_conditions() -> None:
    """gloo-mesh#1639: a policy without matches lost the port, so that all ports of a service went to the first."""
    seen = snapshot(east=cluster("east", [service(ports=TWO_PORTS)]), west=cluster("west"))
    for compat in (None, "smh-0.8"):
        routes = bodies(mesh(), traffic("slow", timeout="2s"), seen=seen, compat=compat)
        assert [(8080, 8080), (8081, 8081)] == [
            (route["match"][0]["port"], route["route"][0]["destination"]["port"]["number"])
            for route in routes["east/VirtualService/shop/checkout"]["http"]
        ]


def test_1709_matches_that_overlap() -> None:
    """gloo-mesh#1709: Istio takes the first route that fits; what the other policy asks for is lost, which is told."""
    wide = traffic("wide", matches=[{"headers": [{"name": "x"}]}], timeout="5s")
    narrow = traffic("narrow", matches=[{"exact": "/a", "headers": [{"name": "x"}]}], retries={"attempts": 2})
    assert {"MH205"} == codes(mesh(), wide, narrow)


def test_1897_clusters_have_the_names_that_users_give() -> None:
    """gloo-mesh#1897: they were made of istiod's name, which changes with a revision."""
    seen = snapshot(**{"east": cluster("east"), "west-2": cluster("west")})
    send = traffic("send", traffic_shift=shift((to("west-2"), 100)))
    assert f"east/ServiceEntry/{ROOT}/checkout.shop.svc.west-2.global" in bodies(
        mesh("east", "west-2"), send, seen=seen
    )


def test_every_mesh_of_a_virtual_mesh_is_looked_at() -> None:
    """Gloo Mesh looked whether the first of its meshes was another's; here a cluster anywhere in the list is found."""
    other = compiled(mesh("east"), *(type(x)(x.kind, "other", x.namespace, x.args) for x in [mesh("west", "east")]))
    assert ["MH108"] == [finding.code for finding in other.errors]


def test_a_failover_rule_lies_where_it_is_needed() -> None:
    """The DestinationRule of a failover host named no cluster and landed in the one of the controller."""
    judge = traffic("judge", None, outlier_detection={})
    sent = {"failoverService": "ha", "namespace": "shop", "subset": {"version": "v1"}}
    send = traffic("send", traffic_shift=shift((sent, 100)), timeout="3s", retries={"attempts": 2})
    made = bodies(mesh(), failover("ha", "east", "west"), judge, send, compat="smh-0.8")
    assert "east/DestinationRule/service-mesh-hub/ha" in made


def test_callers_that_any_selector_fits() -> None:
    """The search for callers stopped at the first selector that did not fit; each selector of a policy counts."""
    sources = [{"namespaces": ["nowhere"]}, {"namespaces": ["front"]}]
    made = bodies(mesh(), access("some", sources=sources))
    (rule,) = made["west/AuthorizationPolicy/shop/checkout"]["rules"]
    assert [{"namespaces": ["front"]}, {"namespaces": ["nowhere"]}] == [x["source"] for x in rule["from"]]


def test_policies_hold_at_the_federated_host_too() -> None:
    """Until 0.9.2 a policy held for callers in the service's own cluster only."""
    made = bodies(mesh(federation="permissive"), traffic("slow", timeout="2s"))
    assert "2s" == made[f"west/VirtualService/{ROOT}/checkout.shop.svc.east.global"]["http"][0]["timeout"]
