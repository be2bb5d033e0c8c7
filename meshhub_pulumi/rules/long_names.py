"""Long names: Kubernetes and DNS end at 253 characters."""

from __future__ import annotations

from collections.abc import Iterator

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.place import asker_of

_LONGEST = 253


def _check(manifests: Manifests) -> Iterator[Finding]:
    told = set()
    for key, manifest in manifests.all.items():
        if len(key.name) > _LONGEST and key.name not in told:
            told.add(key.name)
            message = f"the name {key.name[:40]}... has {len(key.name)} characters"
            yield finding("MH405", message, asker_of(manifest))


RULE = ManifestRule(name="long_names", codes=("MH405",), check=_check)
