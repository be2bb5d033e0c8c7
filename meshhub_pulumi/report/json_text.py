"""JSON: manifests and findings become the object of the command line's contract."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.report.leaf import plain


def print_json(manifests: Mapping[ManifestKey, Manifest], findings: Iterable[Finding]) -> str:
    """`{"clusters": {"<cluster>": [manifest, ...]}, "findings": [...]}`, manifests sorted by key."""
    clusters: dict[str, list[Any]] = {}
    for key in sorted(manifests):
        clusters.setdefault(key.cluster, []).append(manifests[key].body)
    return _text({"clusters": clusters, "findings": [finding.as_json() for finding in findings]})


def print_findings_json(findings: Iterable[Finding]) -> str:
    """`{"findings": [...]}`, each as in `print_json`."""
    return _text({"findings": [finding.as_json() for finding in findings]})


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, default=plain) + "\n"
