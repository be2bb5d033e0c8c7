"""Waiting until istiod serves what was applied, so that what is *not* there can be believed too.

Istiod gathers changes for a tenth of a second and then computes everything anew. First it must have been told of
every object and endpoint that the API server has. Then a mark is applied, an object that concerns nobody: what
istiod computes with the mark in it was computed after all the rest had arrived.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from functools import partial

from lab import wait
from lab.api import Api, Manifest
from lab.reset import istio_kinds
from lab.running import RunningCluster
from lab.xds.ask import debug_pages

LIMIT = 20.0
"""Seconds after which a cluster counts as stuck."""

_NAMESPACE = "kube-node-lease"  # in every cluster, and without pods
_API = "security.istio.io/v1"
_HEALTHY = 1  # istiod's word for an endpoint that is ready


def settle(*clusters: RunningCluster) -> None:
    """Return when every istiod serves what its API server holds now; LabError when one does not get there."""
    for cluster in clusters:
        untold = partial(_untold, cluster, [kind for kind in istio_kinds(cluster.api) if cluster.api.list(*kind)])
        wait.until(f"{cluster.name}: istiod is told everything", untold, limit=LIMIT)
    for cluster, mark in [(cluster, _mark(cluster.api)) for cluster in clusters]:
        wait.until(f"{cluster.name}: istiod serves everything", partial(_unmarked, cluster, mark), limit=LIMIT)


def _mark(api: Api) -> str:
    mark = f"/{secrets.token_hex(8)}"
    spec = {
        "selector": {"matchLabels": {"lab": "nobody"}},
        "rules": [{"to": [{"operation": {"paths": [mark]}}]}],
    }
    metadata = {"name": "lab-settled", "namespace": _NAMESPACE}
    api.apply([{"apiVersion": _API, "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec}])
    return mark


def _unmarked(cluster: RunningCluster, mark: str) -> str:
    with debug_pages(cluster.cluster) as pages:
        return "" if mark in pages.get("/debug/authorizationz").raise_for_status().text else "it computes"


def _untold(cluster: RunningCluster, kinds: Sequence[tuple[str, str]]) -> str:
    """What has not reached istiod yet, in a few words; `kinds` are those of Istio of which there is something."""
    with debug_pages(cluster.cluster) as pages:
        told = pages.get("/debug/configz").raise_for_status().json()
        shards = pages.get("/debug/endpointShardz").raise_for_status().json()
    # what istiod made of another object, as a VirtualService of each HTTPRoute, is stored nowhere
    stored = {_version(found) for found in told if "resourceVersion" in found["metadata"]}
    if differing := _objects(cluster.api, kinds) ^ stored:
        kind, namespace, name, _ = min(differing)
        return f"not {kind} {namespace}/{name}"
    pods = [pod for pod in cluster.api.list("v1", "Pod") if _is_ready(pod)]
    for service in cluster.api.list("v1", "Service"):
        name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
        host = shards.get(f"{name}.{namespace}.svc.cluster.local", {}).get(namespace, {}).get("Shards", {})
        endpoints = host.get(f"Kubernetes/{cluster.name}", ())
        if {pod["status"]["podIP"] for pod in pods if _is_endpoint(pod, service)} != _healthy(endpoints):
            return f"not the endpoints of {namespace}/{name}"
    return ""


def _objects(api: Api, kinds: Sequence[tuple[str, str]]) -> set[tuple[str, str, str, str]]:
    return {_version(found) for kind in kinds for found in api.list(*kind)}


def _version(found: Manifest) -> tuple[str, str, str, str]:
    metadata = found["metadata"]
    return found["kind"], metadata.get("namespace", ""), metadata["name"], metadata["resourceVersion"]


def _is_ready(pod: Manifest) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _is_endpoint(pod: Manifest, service: Manifest) -> bool:
    """Whether the service selects the pod, and one of its ports is there: a pod lacks those that it does not name."""
    selector = service["spec"].get("selector")
    if not selector or pod["metadata"]["namespace"] != service["metadata"]["namespace"]:
        return False
    named = {port.get("name") for one in pod["spec"]["containers"] for port in one.get("ports", ())}
    targets = {port["targetPort"] for port in service["spec"]["ports"]}
    there = any(isinstance(target, int) or target in named for target in targets)
    return there and selector.items() <= pod["metadata"].get("labels", {}).items()


def _healthy(endpoints: Iterable[Manifest]) -> set[str]:
    return {address for one in endpoints if one["HealthStatus"] == _HEALTHY for address in one["Addresses"]}
