"""Objects: what a deployment creates, updates and deletes of each cluster, whatever it means."""

from __future__ import annotations

import json
from collections.abc import Mapping

from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.report.compare.effect import Touched

Manifests = Mapping[ManifestKey, Manifest]


def touched(before: Manifests, after: Manifests) -> list[Touched]:
    """The objects that differ at all, by cluster."""
    found: dict[str, tuple[list[str], list[str], list[str]]] = {}
    for key in sorted(before.keys() | after.keys()):
        created, updated, deleted = found.setdefault(key.cluster, ([], [], []))
        if key not in before:
            created.append(title_of(key))
        elif key not in after:
            deleted.append(title_of(key))
        elif not _same(before[key], after[key]):
            updated.append(title_of(key))
    return [Touched(cluster, *map(tuple, lists)) for cluster, lists in found.items() if any(lists)]


def _same(one: Manifest, other: Manifest) -> bool:
    """Whether nothing is to be done; late leaves of two runs are the same where their paths are."""
    return one.body == other.body or _text(one) == _text(other)


def _text(manifest: Manifest) -> str:
    return json.dumps(manifest.body, sort_keys=True, default=repr)


def title_of(key: ManifestKey) -> str:
    """An object's kind, namespace and name."""
    return f"{key.kind} {key.namespace}/{key.name}" if key.namespace else f"{key.kind} {key.name}"
