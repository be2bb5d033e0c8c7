"""Where a finding about a manifest belongs: at the spec that asked for the leaf in question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshhub_pulumi.model.finding import Owner
from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.model.view import View


def owner_of(manifest: Manifest, view: View, path: str = "spec") -> Owner:
    """Who asked for the leaf at a path of the body, or for any below or around it; else the mesh, else the object."""
    if manifest.owners:
        return asker_of(manifest, path)
    mesh = view.mesh_of.get(manifest.key.cluster)
    return mesh.owner if mesh else Owner(manifest.key.title)


def asker_of(manifest: Manifest, path: str = "spec") -> Owner:
    """As `owner_of`, where nothing is known of a mesh."""
    for inside in (_below(manifest, path), _around(manifest, path), _below(manifest, "")):
        if found := sorted(inside, key=lambda owner: (owner.object, owner.path)):
            return found[0]
    return Owner(manifest.key.title)


def cluster_place(view: View, cluster: str) -> Owner:
    """Where a mesh names a cluster."""
    mesh = view.mesh_of.get(cluster)
    if mesh is None:
        return Owner(f"cluster {cluster}")
    index = next((i for i, member in enumerate(mesh.clusters) if member.name == cluster), None)
    return mesh.owner if index is None else mesh.owner.at(f"clusters[{index}]")


def hosts_of(body: Any, cluster_domain: str = "cluster.local") -> list[str]:
    """The hosts that an object claims: of a VirtualService, DestinationRule or ServiceEntry, or a route's parents.

    A ServiceEntry that is a route's parent stands for the host of its name, as ours do.
    """
    spec = body.get("spec") or {}
    if isinstance(spec.get("parentRefs"), list):
        return list(_parents(body, cluster_domain))
    return [spec["host"]] if spec.get("host") else list(spec.get("hosts") or ())


def _parents(body: Any, cluster_domain: str) -> Iterator[str]:
    own = (body.get("metadata") or {}).get("namespace", "default")
    for parent in filter(lambda one: isinstance(one, dict), body["spec"]["parentRefs"]):
        if parent.get("kind") == "Service":
            yield f"{parent.get('name')}.{parent.get('namespace') or own}.svc.{cluster_domain}"
        elif parent.get("kind") == "ServiceEntry":
            yield str(parent.get("name"))


def _below(manifest: Manifest, path: str) -> Iterator[Owner]:
    for at, owners in manifest.owners.items():
        if at and (not path or at == path or at.startswith((f"{path}.", f"{path}["))):
            yield from owners


def _around(manifest: Manifest, path: str) -> Iterator[Owner]:
    for at, owners in manifest.owners.items():
        if not at:
            # whoever wrote the whole object wrote this too
            yield from (owner.at(path) for owner in owners)
        elif path.startswith((f"{at}.", f"{at}[")):
            yield from owners
