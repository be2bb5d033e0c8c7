"""Shares: Istio divides requests by the ratio of the weights, whatever they sum to; one that is left out is 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.walk import walk

_WHOLE = 100
_ROUTES = ("spec.http[].route", "spec.tcp[].route", "spec.tls[].route")


def _check(manifests: Manifests) -> Iterator[Finding]:
    for manifest in manifests.of("VirtualService"):
        for place, route in walk(manifest.body, *_ROUTES):
            weights = _weights(route)
            if weights and sum(weights) != _WHOLE:
                shown = " + ".join(map(str, weights))
                message = f"the weights {shown} sum to {sum(weights)}, so that they are not percentages"
                yield finding("MH422", message, asker_of(manifest, place))


def _weights(route: Any) -> list[int]:
    """The weights of several destinations; none where there is one destination, or anything that is no number yet."""
    if not isinstance(route, list | tuple) or len(route) < 2:
        return []
    weights = [share.get("weight", 0) if isinstance(share, Mapping) else None for share in route]
    known = [weight for weight in weights if isinstance(weight, int) and not isinstance(weight, bool)]
    return known if len(known) == len(weights) else []


RULE = ManifestRule(name="shares", codes=("MH422",), check=_check, follows=("MH105",))
