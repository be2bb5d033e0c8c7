"""Snapshots: what every document says of the clusters becomes one snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.model.snapshot import ClusterSnapshot, MeshSnapshot
from meshhub_pulumi.readers.place import Place

Clusters = Mapping[str, tuple[ClusterSnapshot, Place]]
"""Clusters by name, each with the place that describes it."""


def merge_clusters(parts: Sequence[Clusters]) -> tuple[MeshSnapshot, list[Finding]]:
    """One snapshot of all clusters; a cluster that two parts describe differently is a finding."""
    merged: dict[str, tuple[ClusterSnapshot, Place]] = {}
    findings = []
    for part in parts:
        for name, (cluster, place) in part.items():
            first, before = merged.setdefault(name, (cluster, place))
            if first != cluster:
                findings.append(_differs(name, before, place))
    clusters = {name: cluster for name, (cluster, _) in merged.items()}
    return MeshSnapshot.model_construct(clusters=clusters), findings


def _differs(name: str, before: Place, place: Place) -> Finding:
    first = f"{before.document.source.name}:{before.document.line_of(_path(name, before))}"
    return place.found(
        "MH106",
        _path(name, place),
        f"cluster {name} is described twice, differently; first by {before.title} at {first}",
        advice="Keep one description of each cluster.",
    )


def _path(cluster: str, place: Place) -> str:
    """Where a place describes a cluster: below `clusters`, if it lists several, else as a whole."""
    value = place.document.value
    if isinstance(value.get("clusters"), Mapping):
        return f"clusters.{cluster}"
    spec = value.get("spec")
    return f"spec.clusters.{cluster}" if isinstance(spec, Mapping) and "clusters" in spec else ""
