"""Faults beside a timeout or retries: a fault comes before both, so that neither is tried out by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import owner_of

_BLIND = {
    ("delay", "timeout"): "the delay is over before the timeout begins to count",
    ("abort", "retries"): "a request that is aborted is not repeated by the retries",
}
"""What of a fault is not seen by what of the same route."""


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    for key, manifest in manifests.items():
        for index, route in enumerate(manifest.body["spec"]["http"] if key.kind == "VirtualService" else ()):
            for (fault, other), message in _BLIND.items():
                if fault in route.get("fault", {}) and other in route:
                    yield finding("MH127", message, owner_of(manifest, view, f"spec.http[{index}].fault"))


RULE = Rule(name="unseen_fault", codes=("MH127",), check=_check)
