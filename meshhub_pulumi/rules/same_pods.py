"""Same pods: access is ruled at pods, so two services with one selector share their rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import owner_of


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    first: dict[tuple[str, str, frozenset[tuple[str, str]]], Manifest] = {}
    for key, manifest in manifests.items():
        selector = manifest.body["spec"].get("selector", {}) if key.kind == "AuthorizationPolicy" else {}
        if labels := selector.get("matchLabels"):
            other = first.setdefault((key.cluster, key.namespace, frozenset(labels.items())), manifest)
            if other is not manifest:
                message = (
                    f"{key.namespace}/{key.name} and {key.namespace}/{other.key.name} in {key.cluster} are the same "
                    f"pods: what {owner_of(other, view).object} allows is allowed here too"
                )
                yield finding("MH518", message, owner_of(manifest, view))


RULE = Rule(name="same_pods", codes=("MH518",), check=_check)
