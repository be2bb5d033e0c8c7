"""References to Mesh objects: each stands for the cluster that its Istio runs in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from meshhub_pulumi.model.host import sanitize
from meshhub_pulumi.model.nearest import among, nearest
from meshhub_pulumi.readers.fault import unknown_field
from meshhub_pulumi.readers.smh.translation import At, RefusedError, Translation

ISTIOD, PILOT = "istiod", "istio-pilot"
"""The deployments that discovery named Istio's meshes after, today's and the one before Istio 1.5."""


@dataclass(frozen=True, slots=True)
class Meshes:
    """The cluster of each Mesh, by the Mesh's name; `old` are names that only older installations used."""

    clusters: Mapping[str, str]
    old: Mapping[str, str]

    def __call__(self, name: str) -> str:
        """The cluster of a Mesh; raises `RefusedError` where there is no such Mesh."""
        found = self.clusters.get(name) or self.old.get(name)
        if found is not None:
            return found
        near = nearest(name, self.clusters) or sorted(self.clusters)[:3]
        hint = f"there are: {', '.join(near)}" if near else "no Mesh document or snapshot names any"
        raise RefusedError(f"there is no mesh {name} ({hint})", "MH101")


def meshes_of(documented: Mapping[str, str], clusters: Iterable[tuple[str, str]]) -> Meshes:
    """The meshes that documents name, and those that discovery would have named in each (cluster, Istio namespace)."""
    there = list(clusters)
    named, old = (
        {sanitize(f"{istiod}-{namespace}-{name}"): name for name, namespace in there} for istiod in (ISTIOD, PILOT)
    )
    return Meshes({**named, **documented}, old)


def cluster_of_mesh(value: Any, at: At, out: Translation) -> str:
    """A reference to a Mesh becomes the name of its cluster."""
    if not isinstance(value, Mapping):
        raise RefusedError("must be a mapping with name and namespace")
    for key in value:
        if key not in ("name", "namespace"):
            out.fault(f"{at.theirs}.{key}", unknown_field(str(key), ("name", "namespace")))
    name = value.get("name")
    if not isinstance(name, str):
        raise RefusedError("name is required, and text")
    return out.meshes(name)


@dataclass(frozen=True, slots=True)
class VirtualMeshRef:
    """A reference to a VirtualMesh, whose clusters are meant: all those that no list of clusters means."""

    def read(self, value: Any, _into: dict[str, Any], at: At, out: Translation) -> None:
        """Say that there is none, where there is none."""
        name = value.get("name") if isinstance(value, Mapping) else None
        namespace = value.get("namespace", "default") if isinstance(value, Mapping) else None
        if not isinstance(name, str) or not isinstance(namespace, str):
            out.fault(at.theirs, "must be a mapping with name and namespace")
        elif (namespace, name) not in out.virtual_meshes:
            known = among(f"{namespace}/{name}", [f"{namespace}/{name}" for namespace, name in out.virtual_meshes])
            out.fault(at.theirs, f"there is no virtual mesh {namespace}/{name} ({known})", "MH101")

    def learn(self, _at: At, _out: Translation) -> None:
        """Nothing of ours would stand here."""
