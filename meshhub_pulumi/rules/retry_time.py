"""Retries and timeout: the whole request ends at its timeout, however many tries are left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.units import milliseconds
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import owner_of


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    for key, manifest in manifests.items():
        if key.kind != "VirtualService":
            continue
        for index, route in enumerate(manifest.body["spec"]["http"]):
            one_try, whole = route.get("retries", {}).get("perTryTimeout"), route.get("timeout")
            if one_try and whole and milliseconds(one_try) > milliseconds(whole):
                message = f"one try may take {one_try}, the whole request only {whole}"
                yield finding("MH125", message, owner_of(manifest, view, f"spec.http[{index}].retries"))


RULE = Rule(name="retry_time", codes=("MH125",), check=_check)
