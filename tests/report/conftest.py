"""What the tests of the printers share: findings and manifests to print."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from meshhub_pulumi.model.finding import Finding, Where, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey


@pytest.fixture
def findings() -> list[Finding]:
    """One finding of each level; the last has no file."""
    return [
        finding("MH105", "the weights sum to 90, not 100", Where("TrafficPolicy n/a", "spec.x", "dir/a b.yaml", 7)),
        finding("MH112", "the policy asks, for: 100 %\nof nothing", Where("TrafficPolicy n/b", "", "b.yaml", 1)),
        finding("MH132", "left \x1b[31malone", Where("VirtualService n/c")),
    ]


@pytest.fixture
def manifests() -> Callable[..., dict[ManifestKey, Manifest]]:
    """Manifests by their keys' parts: cluster, kind, namespace, name; all with one body."""

    def build(*parts: tuple[str, str, str, str], body: Any = None) -> dict[ManifestKey, Manifest]:
        keys = [ManifestKey(cluster, "g.io", kind, namespace, name) for cluster, kind, namespace, name in parts]
        return {key: Manifest(key, {"kind": key.kind, "spec": {}} if body is None else body) for key in keys}

    return build
