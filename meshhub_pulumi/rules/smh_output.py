"""Service Mesh Hub 0.8's output: what of it today's Istio cannot run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.release import Release, release_of
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import cluster_place, owner_of

_LAST = Release(1, 9)
"""Istio 1.8.6, 1.9.5 and 1.10 stopped to pass through what a gateway's own registry lacks (ISTIO-SECURITY-2021-006)."""


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    old = {name for name, dialect in view.dialect_of.items() if dialect.name == "smh-0.8"}
    joined = {name for mesh in set(view.mesh_of.values()) if len(mesh.clusters) > 1 for name in mesh.members}
    for name in sorted(old & joined):
        version = view.cluster(name).istio_version
        if version and (release := release_of(version)) and release > _LAST:
            yield finding("MH304", f"{name} runs Istio {version}", cluster_place(view, name))
    for key, manifest in manifests.items():
        if key.cluster in old:
            for path, message, advice in _refused(manifest):
                yield finding("MH304", message, owner_of(manifest, view, path), advice=advice)


def _refused(manifest: Manifest) -> Iterator[tuple[str, str, str | None]]:
    """Where in the object something stands that Istio's webhook refuses, what, and what to do instead."""
    spec = manifest.body["spec"]
    if manifest.key.kind == "DestinationRule":
        for index, subset in enumerate(spec.get("subsets", ())):
            if "_" in subset["name"]:
                yield f"spec.subsets[{index}]", f"Istio refuses the name of subset {subset['name']}", None
    if manifest.key.kind == "VirtualService":
        for index, route in enumerate(spec["http"]):
            if "exponentialDelay" in route.get("fault", {}).get("delay", {}):
                yield f"spec.http[{index}].fault", "Istio refuses an exponential delay", "Use a fixed delay."


RULE = Rule(name="smh_output", codes=("MH304",), check=_check)
