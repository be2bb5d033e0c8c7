"""Aggregates: EnvoyFilters that put an aggregate cluster in a host's place become its members, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.report.compare.effect import Tiers
from meshhub_pulumi.report.compare.leaves import joined, leaves_of, without
from meshhub_pulumi.report.compare.names import Names


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The members in the order in which they are tried, and everything else that is said of the cluster."""

    members: Tiers
    settings: tuple[tuple[str, str], ...]


def aggregates_of(manifest: Manifest, names: Names) -> dict[tuple[str, str], Aggregate]:
    """The aggregates of an EnvoyFilter by host and subset; empty if it holds anything else."""
    spec = manifest.body.get("spec", {})
    steps: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for step in spec.get("configPatches", ()):
        parts = _cluster(step).split("|")
        if step.get("applyTo") != "CLUSTER" or len(parts) != 4:
            return {}
        steps.setdefault((parts[3], parts[2]), []).append(step)
    beside = list(leaves_of(without(spec, "configPatches")))
    found = {}
    for name, about in steps.items():
        members = [member for step in about for member in _members(step)]
        if not members:
            return {}
        said = [pair for step in about for pair in _said(step)]
        settings = joined((f"EnvoyFilter {path}", text) for path, text in [*beside, *said])
        called = tuple(_called(manifest.key.cluster, member, names) for member in members)
        found[name] = Aggregate(called, tuple(settings.items()))
    return found


def _cluster(step: Mapping[str, Any]) -> str:
    patch, match = step.get("patch", {}), step.get("match", {})
    return str(patch.get("value", {}).get("name") or match.get("cluster", {}).get("name", ""))


def _config(step: Mapping[str, Any]) -> Mapping[str, Any]:
    config = step.get("patch", {}).get("value", {}).get("cluster_type", {}).get("typed_config", {})
    inside = config.get("value", config)
    return inside if isinstance(inside, Mapping) else {}


def _members(step: Mapping[str, Any]) -> list[str]:
    return list(_config(step).get("clusters", ()))


def _said(step: Mapping[str, Any]) -> list[tuple[str, str]]:
    operation = step.get("patch", {}).get("operation", "")
    return [(f"{operation} {path}", text) for path, text in leaves_of(step) if not path.endswith(".clusters")]


def _called(cluster: str, member: str, names: Names) -> str:
    parts = member.split("|")
    if len(parts) != 4:
        return member
    subset = f" subset {parts[2]}" if parts[2] else ""
    return f"{names.seen(cluster, parts[3]).destination}{subset} port {parts[1]}"
