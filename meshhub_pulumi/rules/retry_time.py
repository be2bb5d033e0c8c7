"""Retries and timeout: the whole request ends at its timeout, however many tries are left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.model.units import milliseconds
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.walk import at, walk


def _check(manifests: Manifests) -> Iterator[Finding]:
    for manifest in manifests.of("VirtualService"):
        for place, route in walk(manifest.body, "spec.http[]"):
            one_try, whole = at(route, "retries.perTryTimeout"), at(route, "timeout")
            # a timeout of 0 is none
            if 0 < _length(whole) < _length(one_try):
                message = f"one try may take {one_try}, the whole request only {whole}"
                yield finding("MH125", message, asker_of(manifest, f"{place}.retries"))


def _length(duration: Any) -> float:
    try:
        return milliseconds(duration) if isinstance(duration, str) else 0
    except ValueError:
        return 0


RULE = ManifestRule(name="retry_time", codes=("MH125",), check=_check)
