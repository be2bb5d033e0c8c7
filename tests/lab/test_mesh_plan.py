"""What a snapshot becomes: addresses, namespaces, pods, and what a lab refuses to be."""

from __future__ import annotations

from typing import Any

import pytest

from lab.errors import LabError
from lab.mesh.plan import ClusterPlan, Plan, Role, plan
from lab.mesh.speech import Speech
from lab.mesh.wiring import Forward, Node, Pod, check
from meshhub_pulumi.model.snapshot import MeshSnapshot

REVIEWS = {"name": "reviews", "namespace": "default", "selector": {"app": "reviews"}}


def snapshot(**clusters: dict[str, Any]) -> MeshSnapshot:
    return MeshSnapshot.model_validate({"clusters": clusters})


def planned(**clusters: dict[str, Any]) -> Plan:
    return plan(snapshot(**clusters), "mh0")


def workload(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": "default", "labels": {"app": "reviews"}, **more}


def service(*ports: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**REVIEWS, "ports": ports or [{"name": "http", "port": 9080}], **more}


def gateway(*addresses: str, **more: Any) -> dict[str, Any]:
    return {"name": "door", "labels": {"istio": "door"}, "addresses": addresses, **more}


def one(**cluster: Any) -> ClusterPlan:
    return planned(kind2=cluster).clusters["kind2"]


def test_a_whole_cluster() -> None:
    """Its node answers to the gateway's address and hands what comes there to the gateway's pod."""
    cluster = one(gateways=[gateway("172.18.0.220", container_port=8443)], workloads=[workload("reviews-v1")])
    assert cluster.node == Node(
        namespace="mh0-kind2.node",
        network="of kind2",
        address="10.244.0.1",
        outside=("100.64.0.1", "172.18.0.220"),
        forwards=(Forward(address="172.18.0.220", port=15443, to_address="10.244.0.10", to_port=8443),),
    )
    assert [(pod.key, pod.role, pod.address, pod.netns) for pod in cluster.pods] == [
        ("istio-system/door", Role.GATEWAY, "10.244.0.10", "mh0-kind2.istio-system.door"),
        ("default/reviews-v1", Role.SIDECAR, "10.244.0.11", "mh0-kind2.default.reviews-v1"),
    ]


def test_wiring_of_a_pod() -> None:
    """It leaves its network by its cluster's node, which it also calls istiod; only a sidecar captures traffic."""
    wiring = planned(kind2={"gateways": [gateway("172.18.0.220")], "workloads": [workload("reviews-v1")]}).wiring
    door, reviews = wiring.pods
    assert reviews == Pod(
        namespace="mh0-kind2.default.reviews-v1",
        network="of kind2",
        address="10.244.0.11",
        via="10.244.0.1",
        captured=True,
        hosts={"istiod.istio-system.svc": "10.244.0.1"},
    )
    assert not door.captured
    check(wiring)


def test_own_networks_have_the_same_addresses() -> None:
    """Pods of two clusters have equal addresses, so a request that strays is not answered by the right pod."""
    clusters = planned(kind2={"workloads": [workload("a")]}, kind3={"workloads": [workload("a")]}).clusters
    assert ["10.244.0.10", "10.244.0.10"] == [cluster.pods[0].address for cluster in clusters.values()]
    assert clusters["kind2"].node.network != clusters["kind3"].node.network
    assert ["100.64.0.1", "100.64.0.2"] == [cluster.node.outside[0] for cluster in clusters.values()]


def test_a_shared_network_has_every_address_once() -> None:
    """Pods of clusters that share a network can meet, so they are told apart; each keeps its own way out."""
    shared = {"network": "dc1", "workloads": [workload("a"), workload("b")]}
    mesh = planned(kind2=shared, kind3=shared, kind4={"workloads": [workload("a")]})
    assert {"10.244.0.10", "10.244.0.11", "10.244.1.10", "10.244.1.11"} == {
        pod.address for name in ("kind2", "kind3") for pod in mesh.clusters[name].pods
    }
    assert ["10.244.0.1", "10.244.1.1", "10.244.0.1"] == [cluster.node.address for cluster in mesh.clusters.values()]
    check(mesh.wiring)


def test_one_pod_for_each_address_of_a_gateway() -> None:
    """So that one of them can be lost while the other serves."""
    cluster = one(gateways=[gateway("172.18.0.220", "172.18.0.221")])
    assert ["door-1", "door-2"] == [pod.name for pod in cluster.pods]
    assert [("172.18.0.220", "10.244.0.10"), ("172.18.0.221", "10.244.0.11")] == [
        (forward.address, forward.to_address) for forward in cluster.node.forwards
    ]


def test_a_gateway_without_an_address_has_a_pod() -> None:
    """Nobody outside reaches it yet."""
    cluster = one(gateways=[gateway()])
    assert ["door"] == [pod.name for pod in cluster.pods]
    assert cluster.node.outside == ("100.64.0.1",)


def test_a_gateway_with_a_dns_name_gets_an_address() -> None:
    """Every pod of every cluster can resolve the name."""
    mesh = planned(kind2={"gateways": [gateway("door.example.com")]}, kind3={"workloads": [workload("a")]})
    assert {"door.example.com": "100.65.0.0"} == mesh.hosts
    assert "100.65.0.0" in mesh.clusters["kind2"].node.outside
    assert [pod.hosts["door.example.com"] for pod in mesh.wiring.pods] == ["100.65.0.0", "100.65.0.0"]


@pytest.mark.parametrize(
    ("services", "container_ports", "listens"),
    [
        ([], {}, {"http": 8080}),
        ([], {"web": 80}, {"web": 80}),
        ([service()], {}, {"port-9080": 9080}),
        ([service({"port": 80, "target_port": 9080})], {}, {"port-9080": 9080}),
        ([service({"port": 80, "target_port": "web"})], {"web": 9080}, {"web": 9080}),
        ([service({"port": 80, "target_port": "web"})], {}, {"http": 8080}),
        ([service({"port": 53, "protocol": "UDP"})], {}, {"http": 8080}),
        ([service(), service({"port": 80, "target_port": 9080}, name="other")], {}, {"port-9080": 9080}),
        ([service(selector={"app": "ratings"})], {}, {"http": 8080}),
        ([service(selector={})], {}, {"http": 8080}),
        ([service(namespace="shop")], {}, {"http": 8080}),
    ],
    ids=[
        "client", "own port", "port", "target port", "named target", "unknown name", "UDP", "same target twice",
        "not selected", "no selector", "other namespace",
    ],
)  # fmt: skip
def test_where_an_app_listens(
    services: list[dict[str, Any]], container_ports: dict[str, int], listens: dict[str, int]
) -> None:
    """At its own ports and at what its Services send to; a client has one of its own."""
    cluster = one(services=services, workloads=[workload("reviews-v1", container_ports=container_ports)])
    assert listens == cluster.pods[0].ports


@pytest.mark.parametrize(
    ("port", "speech"),
    [
        ({"name": "mysql"}, Speech.GREETING),
        ({"name": "tcp-smtp"}, Speech.GREETING),
        ({"name": "db", "app_protocol": "MySQL"}, Speech.GREETING),
        ({"name": "grpc-carts"}, Speech.HTTP2),
        ({"name": "carts", "app_protocol": "kubernetes.io/h2c"}, Speech.HTTP2),
        ({"name": "grpc-web"}, Speech.PLAIN),
        ({"name": "tcp-db"}, Speech.PLAIN),
        ({}, Speech.PLAIN),
    ],
)
def test_what_an_app_speaks(port: dict[str, Any], speech: Speech) -> None:
    """As the Service says that it does, by the name of a port or its appProtocol, wherever the port leads."""
    ports = [{"port": 80, "target_port": "db", **port}, {"name": "http", "port": 9080}]
    cluster = one(services=[service(*ports)], workloads=[workload("reviews-v1", container_ports={"db": 3306})])
    spoken = {each: cluster.pods[0].speaking(each) for each in Speech}
    assert {Speech.PLAIN: [9080]} | {speech: [3306, 9080] if speech is Speech.PLAIN else [3306]} == {
        each: ports for each, ports in spoken.items() if ports
    }


def test_a_workload_may_have_no_sidecar() -> None:
    """By the label that Istio's injector obeys."""
    labels = {"app": "reviews", "sidecar.istio.io/inject": "false"}
    cluster = one(workloads=[workload("reviews-v1", labels=labels)])
    assert [Role.BARE] == [pod.role for pod in cluster.pods]


def test_services_have_addresses() -> None:
    """A Service for each of the snapshot's, and one for each gateway, which is offered outside."""
    cluster = one(services=[service()], gateways=[gateway("172.18.0.220")])
    assert [("reviews", "10.96.0.10", ()), ("door", "10.96.0.11", ("172.18.0.220",))] == [
        (planned.service.name, planned.cluster_ip, planned.outside) for planned in cluster.services
    ]


def test_namespaces_of_everything() -> None:
    """Services, workloads, gateways and Istio objects bring theirs along; Istio's own is always there."""
    cluster = one(
        services=[service(namespace="a")],
        workloads=[workload("x", namespace="b")],
        objects=[{"kind": "Sidecar", "metadata": {"name": "default", "namespace": "c"}}, {"metadata": {"name": "y"}}],
    )
    assert ["a", "b", "c", "default", "istio-system"] == cluster.namespaces


CANNOT = {
    "no clusters": ({}, "has no clusters"),
    "cluster domain": ({"kind2": {"cluster_domain": "example.org"}}, "kind2 has the cluster domain example.org"),
    "Istio namespace": ({"kind2": {"istio_namespace": "mesh"}}, "kind2 has the Istio namespace mesh"),
    "address twice": (
        {"kind2": {"gateways": [gateway("172.18.0.220")]}, "kind3": {"gateways": [gateway("172.18.0.220")]}},
        "two gateways have the address 172.18.0.220",
    ),
    "a pod's address": ({"kind2": {"gateways": [gateway("10.244.3.4")]}}, "door cannot have the address 10.244.3.4"),
    "a service's address": ({"kind2": {"gateways": [gateway("10.96.3.4")]}}, "cannot have the address 10.96.3.4"),
    "a node's address": ({"kind2": {"gateways": [gateway("100.64.0.1")]}}, "cannot have the address 100.64.0.1"),
    "IPv6": ({"kind2": {"gateways": [gateway("fd00::1")]}}, "door cannot have the address fd00::1"),
    "loopback": ({"kind2": {"gateways": [gateway("127.0.0.1")]}}, "door cannot have the address 127.0.0.1"),
    "pod twice": ({"kind2": {"workloads": [workload("a"), workload("a")]}}, "two pods default/a"),
    "too many pods": (
        {"kind2": {"workloads": [workload(f"w{number}") for number in range(241)]}},
        "kind2 has 241 pods",
    ),
}


@pytest.mark.parametrize(("clusters", "says"), CANNOT.values(), ids=CANNOT)
def test_what_a_lab_cannot_be(clusters: dict[str, Any], says: str) -> None:
    """It is said before anything is made."""
    with pytest.raises(LabError, match=says):
        planned(**clusters)


def test_the_same_snapshot_gives_the_same_plan() -> None:
    """A mesh is found again by what it was made from, written to a file and read again."""
    made = snapshot(
        kind2={
            "gateways": [gateway("172.18.0.220", "door.example.com")],
            "services": [service({"port": 80, "target_port": "web"}, {"name": "https", "port": 443})],
            "workloads": [workload("reviews-v1", container_ports={"web": 9080}, service_account="reviews")],
            "locality": {"region": "r", "zone": "z"},
            "network": "dc1",
            "trust_domain": "c2.local",
        }
    )
    again = MeshSnapshot.model_validate_json(made.model_dump_json(by_alias=True, exclude_defaults=True))
    assert made == again
    assert plan(made, "mh0") == plan(again, "mh0")
