"""Clusters: the providers of a stack's objects become clusters, with the names that people know them by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_policy import PolicyProviderResource, PolicyResource

from meshhub_pulumi.policy_pack.values import plain

_MESH_CLUSTER = "meshhub:index:MeshCluster"


@dataclass(frozen=True, slots=True)
class Home:
    """Where an object goes: its cluster, the namespace it has if it says none, and the specs that asked for objects."""

    cluster: str
    namespace: Any
    asked_by: Mapping[str, Any]


def homes(objects: Iterable[PolicyResource]) -> dict[str, Home]:
    """The home of each object, by URN.

    A cluster is called as its mesh calls it, else after its provider. Everything is read once for all objects that
    share it.
    """
    ordered = sorted(objects, key=lambda x: x.urn)
    providers: dict[str, tuple[tuple[str, ...], Any]] = {}
    meshes: dict[str, Mapping[str, Any]] = {}
    names: dict[tuple[str, ...], str] = {}
    for resource in ordered:
        provider = resource.provider
        if (urn := _urn(provider)) not in providers:
            providers[urn] = _way(provider)
        if (called := _mesh_cluster(resource)) and called.urn not in meshes:
            meshes[called.urn] = plain(called.props)
            names[providers[urn][0]] = str(meshes[called.urn].get("cluster", called.name))
        names.setdefault(providers[urn][0], provider.name if provider else "default")
    shown = _apart(names)
    found = {}
    for resource in ordered:
        way, namespace = providers[_urn(resource.provider)]
        called = _mesh_cluster(resource)
        asked_by = meshes[called.urn].get("askedBy") if called else None
        found[resource.urn] = Home(shown[way], namespace, asked_by if isinstance(asked_by, Mapping) else {})
    return found


def _urn(provider: PolicyProviderResource | None) -> str:
    return provider.urn if provider else ""


def _way(provider: PolicyProviderResource | None) -> tuple[tuple[str, ...], Any]:
    """What all providers of one cluster have in common, and this one's namespace.

    Providers whose cluster is not said, or not known yet, are taken for clusters of their own.
    """
    props = plain(provider.props) if provider else {}
    way = [props.get(name, "") for name in ("kubeconfig", "context", "cluster")]
    if isinstance(identifier := props.get("clusterIdentifier"), str):
        key: tuple[str, ...] = ("identifier", identifier)
    elif way[0] and all(isinstance(part, str) for part in way):
        key = ("way", *way)
    else:
        key = ("provider", _urn(provider))
    return key, props.get("namespace")


def _apart(names: Mapping[tuple[str, ...], str]) -> dict[tuple[str, ...], str]:
    """Two clusters of one name are numbered."""
    taken: Counter[str] = Counter()
    shown = {}
    for key, name in names.items():
        taken[name] += 1
        shown[key] = name if taken[name] == 1 else f"{name} ({taken[name]})"
    return shown


def _mesh_cluster(resource: PolicyResource) -> PolicyResource | None:
    above = resource.parent
    while above is not None and above.resource_type != _MESH_CLUSTER:
        above = above.parent
    return above
