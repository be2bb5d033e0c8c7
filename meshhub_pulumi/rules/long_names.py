"""Long names: Kubernetes and DNS end at 253 characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import owner_of

_LONGEST = 253


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    told = set()
    for key, manifest in manifests.items():
        if len(key.name) > _LONGEST and key.name not in told:
            told.add(key.name)
            message = f"the name {key.name[:40]}... has {len(key.name)} characters"
            yield finding("MH405", message, owner_of(manifest, view))


RULE = Rule(name="long_names", codes=("MH405",), check=_check)
