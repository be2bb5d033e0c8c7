"""Blocks: specs are given to the meshes of a program, where each policy stands in the block of one mesh.

A policy belongs to the mesh in whose clusters it makes objects. Documents may lack what a program needs: where no
VirtualMesh joins the clusters, one is written for all of them; a cluster that no mesh joins, but for which policies
make objects, gets a mesh of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from meshhub_pulumi.kinds.virtual_mesh import IMPLIED_MESH, VirtualMeshArgs
from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.model.topology import Cluster
from meshhub_pulumi.readers.error import InputError
from meshhub_pulumi.report.own_yaml import as_written
from meshhub_pulumi.report.python_program import Block
from meshhub_pulumi.standard import compile_standard


def joined(specs: Sequence[Spec], snapshot: MeshSnapshot) -> list[Spec]:
    """The specs, with a VirtualMesh of all clusters if there is none among them."""
    if any(isinstance(spec.args, VirtualMeshArgs) for spec in specs):
        return list(specs)
    if not snapshot.clusters:
        raise InputError("no cluster is known; name a VirtualMesh among the inputs, or a --snapshot")
    return [_mesh(IMPLIED_MESH, sorted(snapshot.clusters)), *specs]


def blocks_of(specs: Sequence[Spec], snapshot: MeshSnapshot) -> tuple[list[Block], list[Finding]]:
    """The blocks, all in the order in which it was written, and a finding for each policy of more than one mesh."""
    ordered = sorted(joined(specs, snapshot), key=as_written)
    meshes = [spec for spec in ordered if isinstance(spec.args, VirtualMeshArgs)]
    policies = [spec for spec in ordered if not isinstance(spec.args, VirtualMeshArgs)]
    makes = _clusters_by_owner(ordered, snapshot)
    mesh_of = {cluster.name: mesh for mesh in reversed(meshes) for cluster in _args(mesh).clusters}
    for cluster in sorted({name for made in makes.values() for name in made} - mesh_of.keys()):
        mesh_of[cluster] = _mesh(f"{cluster}-only", [cluster])
        meshes.append(mesh_of[cluster])
    inside: dict[tuple[str, str, str], list[Spec]] = {mesh.key: [] for mesh in meshes}
    findings = []
    for spec in policies:
        clusters = makes.get(spec.owner.object) or set(_named(spec.args)) & mesh_of.keys()
        homes = sorted({mesh_of[name].key for name in clusters}) or [meshes[0].key]
        inside[homes[0]].append(spec)
        if len(homes) > 1:
            names = ", ".join(name for _, _, name in homes)
            findings.append(finding("MH152", f"it makes objects in the meshes {names}", spec.owner))
    return [Block(mesh, inside[mesh.key]) for mesh in meshes], findings


def _clusters_by_owner(specs: Sequence[Spec], snapshot: MeshSnapshot) -> dict[str, set[str]]:
    """The clusters in which a spec asked for leaves of objects, by the title of the spec."""
    makes: dict[str, set[str]] = {}
    for key, manifest in compile_standard(specs, snapshot).manifests.items():
        for owner in (owner for owners in manifest.owners.values() for owner in owners):
            makes.setdefault(owner.object, set()).add(key.cluster)
    return makes


def _named(value: Any) -> Iterator[str]:
    """Every cluster that arguments name."""
    match value:
        case MeshModel():
            for name in type(value).model_fields:
                inner = getattr(value, name)
                if name in ("cluster", "clusters"):
                    yield from [inner] if isinstance(inner, str) else inner or ()
                else:
                    yield from _named(inner)
        case Mapping():
            yield from (name for item in value.values() for name in _named(item))
        case list() | tuple():
            yield from (name for item in value for name in _named(item))


def _mesh(name: str, clusters: Sequence[str]) -> Spec:
    return Spec("VirtualMesh", name, "default", VirtualMeshArgs(clusters=[Cluster(cluster) for cluster in clusters]))


def _args(mesh: Spec) -> VirtualMeshArgs:
    assert isinstance(mesh.args, VirtualMeshArgs)
    return mesh.args
