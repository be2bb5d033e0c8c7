"""Emptying a cluster between tests that share it, which is far quicker than a new one.

What the control plane's own programs made stays: their names are the field managers of their objects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from lab import istiod, wait
from lab.api import Api

_CORE = ("Pod", "Service", "Endpoints", "Secret", "ConfigMap", "ServiceAccount", "Node")
_ALWAYS = {("Namespace", istiod.NAMESPACE), ("ServiceAccount", "default")}
_OWN_MANAGERS = frozenset({"kube-apiserver", "kube-controller-manager", "pilot-discovery"})
# One answer about all groups, instead of one about each; the definitions themselves are megabytes.
_ALL_AT_ONCE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

Key = tuple[str, str, str]
"""Kind, namespace (empty for kinds without one), and name of an object."""


def reset(api: Api, *, keep: Collection[Key] = (), limit: float = 30.0) -> dict[Key, str]:
    """Delete all Istio objects, all namespaces but the first ones, and Pods, Services and the like in those.

    Other cluster-wide objects (definitions, roles, webhooks) stay, and so does what is in `keep`. Kubernetes
    takes five seconds for a namespace, everything else goes at once. Returns when everything is gone: the version
    of each object that was kept. Raises LabError when something is still there after `limit` seconds.
    """
    there = list(_everything(api))
    kept = {key(found): found["metadata"]["resourceVersion"] for found in there if key(found) in keep}
    deleted = [found for found in there if not _is_own(found) and key(found) not in kept]
    for found in deleted:
        api.delete(*_place(found))
    wait.until("reset", lambda: next((_name(found) for found in deleted if _is_there(api, found)), ""), limit=limit)
    return kept


def _place(found: Mapping[str, Any]) -> tuple[str, str, str, str]:
    metadata = found["metadata"]
    return found["apiVersion"], found["kind"], metadata["name"], metadata.get("namespace", "")


def _is_there(api: Api, found: Mapping[str, Any]) -> bool:
    now = api.read(*_place(found))
    return now is not None and now["metadata"]["uid"] == found["metadata"]["uid"]


def _everything(api: Api) -> Iterator[dict[str, Any]]:
    for api_version, kind in [*istio_kinds(api), *(("v1", kind) for kind in _CORE), ("v1", "Namespace")]:
        yield from api.list(api_version, kind)


def key(manifest: Mapping[str, Any]) -> Key:
    """What names an object among all of its cluster."""
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]


def istio_kinds(api: Api) -> list[tuple[str, str]]:
    """API version (the preferred one) and kind of all that Istio defines, and of the Gateway API's routes."""
    versions: dict[tuple[str, str], str] = {}
    for group in api.request("GET", "/apis", accept=_ALL_AT_ONCE)["items"]:
        name = group["metadata"]["name"]
        if name.endswith((".istio.io", "gateway.networking.k8s.io")):
            for version in group["versions"]:
                for resource in version["resources"]:
                    kind = resource["responseKind"]["kind"]
                    versions.setdefault((name, kind), f"{name}/{version['version']}")
    return [(version, kind) for (_, kind), version in versions.items()]


def _is_own(found: dict[str, Any]) -> bool:
    if (found["kind"], found["metadata"]["name"]) in _ALWAYS:
        return True
    managers = {entry["manager"] for entry in found["metadata"].get("managedFields", [])}
    return bool(managers) and managers <= _OWN_MANAGERS


def _name(found: dict[str, Any]) -> str:
    metadata = found["metadata"]
    return f"{found['kind']} {metadata.get('namespace', '')}/{metadata['name']} is still there"
