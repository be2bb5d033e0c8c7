"""The Kubernetes objects that stand for a cluster's plan, compared whole."""

from __future__ import annotations

from typing import Any

import pytest

from lab.mesh import objects
from lab.mesh.plan import ClusterPlan, plan
from meshhub_pulumi.model.snapshot import MeshSnapshot


def cluster(**seen: Any) -> ClusterPlan:
    return plan(MeshSnapshot.model_validate({"clusters": {"kind2": seen}}), "mh0").clusters["kind2"]


def manifests(kind: str, **seen: Any) -> list[objects.Manifest]:
    return [manifest for manifest in objects.manifests(cluster(**seen)) if manifest["kind"] == kind]


def pod(ready: bool = True, **workload: Any) -> objects.Manifest:
    planned = cluster(workloads=[{"name": "reviews-v1", "namespace": "shop", **workload}])
    return objects.pod(planned.pods[0], ready=ready)


def test_pod() -> None:
    """It runs on the cluster's node under its account, with the labels that the injector would add."""
    labels = {"app": "reviews", "version": "v1"}
    assert pod(labels=labels, service_account="reviews", container_ports={"web": 9080}) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "reviews-v1",
            "namespace": "shop",
            "labels": {
                "app": "reviews",
                "version": "v1",
                "security.istio.io/tlsMode": "istio",
                "service.istio.io/canonical-name": "reviews",
                "service.istio.io/canonical-revision": "v1",
            },
        },
        "spec": {
            "nodeName": "node",
            "serviceAccountName": "reviews",
            "containers": [{"name": "app", "image": "none", "ports": [{"name": "web", "containerPort": 9080}]}],
        },
        "status": {
            "phase": "Running",
            "podIP": "10.244.0.10",
            "podIPs": [{"ip": "10.244.0.10"}],
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "ContainersReady", "status": "True"}],
        },
    }


def test_pod_that_is_not_ready() -> None:
    """It runs all the same: only its conditions say no."""
    unready = pod(ready=False)
    assert {"False"} == {condition["status"] for condition in unready["status"]["conditions"]}
    assert unready["status"]["phase"] == "Running"
    assert unready["spec"] == pod()["spec"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (
            {},
            {
                "security.istio.io/tlsMode": "istio",
                "service.istio.io/canonical-name": "reviews-v1",
                "service.istio.io/canonical-revision": "latest",
            },
        ),
        (
            {"security.istio.io/tlsMode": "disabled", "service.istio.io/canonical-name": "own"},
            {
                "security.istio.io/tlsMode": "disabled",
                "service.istio.io/canonical-name": "own",
                "service.istio.io/canonical-revision": "latest",
            },
        ),
        ({"sidecar.istio.io/inject": "false"}, {"sidecar.istio.io/inject": "false"}),
    ],
    ids=["added", "own win", "no sidecar"],
)
def test_labels_of_injection(labels: dict[str, str], expected: dict[str, str]) -> None:
    """As the injector does it, which leaves pods without a sidecar alone."""
    assert expected == pod(labels=labels)["metadata"]["labels"]


def test_gateway() -> None:
    """Its pod carries the gateway's labels alone, and a load balancer offers it outside."""
    gateway = {"name": "door", "labels": {"istio": "door"}, "addresses": ["172.18.0.220", "door.example.com"]}
    planned = cluster(gateways=[{**gateway, "port": 443, "container_port": 8443}])
    assert {"istio": "door"} == objects.pod(planned.pods[0], ready=True)["metadata"]["labels"]
    [service] = [manifest for manifest in objects.manifests(planned) if manifest["kind"] == "Service"]
    assert service == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "door", "namespace": "istio-system", "labels": {"istio": "door"}},
        "spec": {
            "clusterIP": "10.96.0.10",
            "selector": {"istio": "door"},
            "ports": [{"name": "tls", "port": 443, "targetPort": 8443, "protocol": "TCP"}],
            "type": "LoadBalancer",
            "allocateLoadBalancerNodePorts": False,
        },
        "status": {"loadBalancer": {"ingress": [{"ip": "172.18.0.220"}, {"hostname": "door.example.com"}]}},
    }


def test_service() -> None:
    """Its ports are as the snapshot says, with what Kubernetes needs to know beside."""
    ports = [{"port": 80, "name": "http", "target_port": "web"}, {"port": 3306, "app_protocol": "mysql"}]
    [service] = manifests(
        "Service",
        services=[{"name": "reviews", "namespace": "shop", "selector": {"app": "reviews"}, "ports": ports}],
    )
    assert service["spec"] == {
        "clusterIP": "10.96.0.10",
        "selector": {"app": "reviews"},
        "ports": [
            {"name": "http", "port": 80, "targetPort": "web", "protocol": "TCP"},
            {"port": 3306, "targetPort": 3306, "protocol": "TCP", "appProtocol": "mysql"},
        ],
    }


def test_locality_is_the_nodes() -> None:
    """Istio takes a proxy's locality from the labels of its node; what is not said is not there."""
    [node] = manifests("Node", locality={"region": "eu", "zone": "eu-1"})
    assert node["metadata"] == {
        "name": "node",
        "labels": {"topology.kubernetes.io/region": "eu", "topology.kubernetes.io/zone": "eu-1"},
    }
    [nowhere] = manifests("Node")
    assert {} == nowhere["metadata"]["labels"]


def test_accounts_and_namespaces() -> None:
    """Every account that a pod names exists, once, and so does every namespace."""
    workloads = [
        {"name": "a", "namespace": "shop", "service_account": "one"},
        {"name": "b", "namespace": "shop", "service_account": "one"},
        {"name": "c", "namespace": "shop"},
    ]
    assert [("shop", "default"), ("shop", "one")] == [
        (account["metadata"]["namespace"], account["metadata"]["name"])
        for account in manifests("ServiceAccount", workloads=workloads)
    ]
    assert ["istio-system", "shop"] == [
        namespace["metadata"]["name"] for namespace in manifests("Namespace", workloads=workloads)
    ]


def test_a_named_network_is_istios_network() -> None:
    """Only then does the namespace of Istio say so; an own network has no name."""
    system = {"name": "istio-system", "labels": {"topology.istio.io/network": "dc1"}}
    assert [system] == [namespace["metadata"] for namespace in manifests("Namespace", network="dc1")]
    assert [{"name": "istio-system"}] == [namespace["metadata"] for namespace in manifests("Namespace")]


def test_token_is_for_istiod_and_bound_to_the_pod() -> None:
    """A token of a pod that is gone is worth nothing."""
    planned = cluster(workloads=[{"name": "a", "namespace": "shop"}]).pods[0]
    request = objects.token_request(planned, "uid-1")
    assert request["spec"]["audiences"] == ["istio-ca"]
    assert request["spec"]["boundObjectRef"] == {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "uid-1"}
