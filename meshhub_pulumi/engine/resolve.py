"""Resolve: specs and snapshot become the view that everything else asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import Fleet, FleetCluster, join
from meshhub_pulumi.model.nearest import nearest
from meshhub_pulumi.model.plugin import Dialect, Kind
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Mesh, Spec, given_twice
from meshhub_pulumi.model.topology import Cluster
from meshhub_pulumi.model.view import View


def resolve(
    specs: Sequence[Spec],
    snapshot: MeshSnapshot,
    kinds: Mapping[str, Kind],
    dialect_of: Callable[[FleetCluster], Dialect],
    implied_mesh: Callable[[Sequence[Cluster]], Mesh],
    before: Fleet | None = None,
) -> tuple[View, list[Finding]]:
    """The view of all specs over the fleet, and what is wrong with their names and memberships.

    Where no spec joins clusters, `implied_mesh` joins all of the snapshot's, and a finding says so.
    """
    findings: list[Finding] = []
    by_key: dict[tuple[str, str, str], Spec] = {}
    for spec in sorted(specs, key=_position):
        if spec.key in by_key:
            findings.append(given_twice(spec, by_key[spec.key]))
        by_key.setdefault(spec.key, spec)
    meshes = [join_up(spec) for spec in by_key.values() if (join_up := kinds[spec.kind].mesh)]
    if not meshes and len(snapshot.clusters) > 1:
        meshes = [implied_mesh([Cluster(name) for name in sorted(snapshot.clusters)])]
        findings.append(_implied(meshes[0]))
    fleet = join([cluster for mesh in meshes for cluster in mesh.clusters], snapshot, before)
    mesh_of, wrong = _membership(meshes, snapshot)
    view = View(fleet, mesh_of, by_key, {name: dialect_of(cluster) for name, cluster in fleet.clusters.items()})
    failovers = {
        (spec.namespace, spec.name): as_host(spec, view)
        for spec in by_key.values()
        if (as_host := kinds[spec.kind].failover)
    }
    return replace(view, failovers=failovers), findings + wrong


def _position(spec: Spec) -> tuple[tuple[str, str, str], str, int]:
    return (spec.key, spec.origin.file or "", spec.origin.line_of("") or 0)


def _membership(meshes: Sequence[Mesh], snapshot: MeshSnapshot) -> tuple[dict[str, Mesh], list[Finding]]:
    mesh_of: dict[str, Mesh] = {}
    findings = []
    for mesh in meshes:
        for index, cluster in enumerate(mesh.clusters):
            at = mesh.owner.at(f"clusters[{index}]")
            if cluster.name not in snapshot.clusters and cluster.gateway is None:
                findings.append(_unknown(cluster.name, snapshot, at))
            if first := mesh_of.get(cluster.name):
                findings.append(finding("MH108", f"cluster {cluster.name} already belongs to {first.owner.object}", at))
            else:
                mesh_of[cluster.name] = mesh
    return mesh_of, findings


def _unknown(name: str, snapshot: MeshSnapshot, at: Owner) -> Finding:
    known = nearest(name, snapshot.clusters) or sorted(snapshot.clusters)
    return finding("MH107", f"cluster {name} is not in the snapshot, which has {', '.join(known) or 'none'}", at)


def _implied(mesh: Mesh) -> Finding:
    return finding("MH113", f"{', '.join(mesh.members)} are taken as one mesh", mesh.owner)
