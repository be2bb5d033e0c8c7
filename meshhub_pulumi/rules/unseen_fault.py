"""Faults beside a timeout or retries: a fault comes before both, so that neither is tried out by it."""

from __future__ import annotations

from collections.abc import Iterator

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.walk import at, walk

_BLIND = {
    ("delay", "timeout"): "the delay is over before the timeout begins to count",
    ("abort", "retries"): "a request that is aborted is not repeated by the retries",
}
"""What of a fault is not seen by what of the same route."""


def _check(manifests: Manifests) -> Iterator[Finding]:
    for manifest in manifests.of("VirtualService"):
        for place, route in walk(manifest.body, "spec.http[]"):
            for (fault, other), message in _BLIND.items():
                beside = at(route, f"fault.{fault}"), at(route, other)
                if all(beside) and not any(map(is_late, beside)):
                    yield finding("MH127", message, asker_of(manifest, f"{place}.fault"))


RULE = ManifestRule(name="unseen_fault", codes=("MH127",), check=_check)
