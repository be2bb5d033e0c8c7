"""The Kubernetes objects of a cluster's plan, written by hand where kubelets and injectors would write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.mesh.plan import ClusterPlan, PodPlan, Role, ServicePlan
from meshhub_pulumi.model.snapshot import ServicePort
from meshhub_pulumi.model.topology import is_ip

Manifest = dict[str, Any]
NODE = "node"
"""The name of every cluster's only node."""
AUDIENCE = "istio-ca"
"""Whom a proxy's token is for: istiod's certificate authority."""
TOKEN_SECONDS = 365 * 24 * 3600
"""How long a proxy may go on without a new token. A kubelet would replace it in time; nobody does here."""


def manifests(cluster: ClusterPlan) -> list[Manifest]:
    """Everything of the cluster but its pods and its Istio objects, in an order to apply it in."""
    accounts = sorted({(pod.namespace, pod.service_account) for pod in cluster.pods})
    return [
        *(_namespace(name, cluster) for name in cluster.namespaces),
        _node(cluster),
        *(_service_account(namespace, name) for namespace, name in accounts),
        *(_service(service) for service in cluster.services),
    ]


def pod(planned: PodPlan, *, ready: bool) -> Manifest:
    """A Pod that runs; only a ready one is an endpoint of its Services."""
    condition = "True" if ready else "False"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": planned.name, "namespace": planned.namespace, "labels": pod_labels(planned)},
        "spec": {
            "nodeName": NODE,
            "serviceAccountName": planned.service_account,
            "containers": [
                {
                    "name": "app" if planned.role.has_app else "istio-proxy",
                    "image": "none",
                    "ports": [{"name": name, "containerPort": port} for name, port in planned.ports.items()],
                }
            ],
        },
        "status": {
            "phase": "Running",
            "podIP": planned.address,
            "podIPs": [{"ip": planned.address}],
            "conditions": [{"type": kind, "status": condition} for kind in ("Ready", "ContainersReady")],
        },
    }


def is_ready(pod: Manifest | None) -> bool:
    """Whether there is such a Pod and it counts as ready."""
    conditions = (pod or {}).get("status", {}).get("conditions", ())
    return any((each["type"], each["status"]) == ("Ready", "True") for each in conditions)


def pod_labels(planned: PodPlan) -> dict[str, str]:
    """The pod's labels with those that Istio's injector adds; its own values win.

    Without the tlsMode label nobody would speak mutual TLS to the pod of their own accord.
    """
    if planned.role is not Role.SIDECAR:
        return dict(planned.labels)
    named, version = planned.labels.get("app", planned.name), planned.labels.get("version", "latest")
    return {
        "security.istio.io/tlsMode": "istio",
        "service.istio.io/canonical-name": named,
        "service.istio.io/canonical-revision": version,
        **planned.labels,
    }


def token_request(planned: PodPlan, uid: str) -> Manifest:
    """What to ask for a proxy's token with; `uid` is the one of its Pod, to which the token is bound."""
    return {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {
            "audiences": [AUDIENCE],
            "expirationSeconds": TOKEN_SECONDS,
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": planned.name, "uid": uid},
        },
    }


def _namespace(name: str, cluster: ClusterPlan) -> Manifest:
    manifest: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    if cluster.network and name == "istio-system":
        manifest["metadata"]["labels"] = {"topology.istio.io/network": cluster.network}
    return manifest


def _node(cluster: ClusterPlan) -> Manifest:
    """The node; where a proxy is, Istio learns from its labels."""
    locality = cluster.locality
    labels = {
        "topology.kubernetes.io/region": locality.region,
        "topology.kubernetes.io/zone": locality.zone,
        "topology.istio.io/subzone": locality.sub_zone,
    }
    present = {key: value for key, value in labels.items() if value}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": present}}


def _service_account(namespace: str, name: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


def _service(planned: ServicePlan) -> Manifest:
    service = planned.service
    manifest: Manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": service.name, "namespace": service.namespace, "labels": dict(service.labels)},
        "spec": {
            "clusterIP": planned.cluster_ip,
            "selector": dict(service.selector),
            "ports": [_service_port(port) for port in service.ports],
        },
    }
    if planned.outside:
        ingress = [{"ip" if is_ip(address) else "hostname": address} for address in planned.outside]
        manifest["spec"] |= {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False}
        manifest["status"] = {"loadBalancer": {"ingress": ingress}}
    return manifest


def _service_port(port: ServicePort) -> Mapping[str, Any]:
    said = {
        "name": port.name,
        "port": port.port,
        "targetPort": port.target_port or port.port,
        "protocol": port.protocol,
        "appProtocol": port.app_protocol,
    }
    return {key: value for key, value in said.items() if value}
