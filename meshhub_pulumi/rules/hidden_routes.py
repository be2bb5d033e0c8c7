"""Hidden routes: Istio takes the first route that fits, and nothing of the others.

So a policy for certain requests hides, for these, all that a policy for more requests asks for; and of two routes
with one condition only the first is ever taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import eq
from typing import Any

from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import owner_of

_Alternatives = Sequence[Mapping[str, Any]]


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    for key, manifest in manifests.items():
        if key.kind == "VirtualService" and len(manifest.body["spec"]["http"]) > 1:
            yield from _hidden(manifest, view)


def _hidden(manifest: Manifest, view: View) -> Iterator[Finding]:
    routes: Sequence[Mapping[str, Any]] = manifest.body["spec"]["http"]
    conditions = [route.get("match", ({},)) for route in routes]
    asked = [_asked(manifest, index) for index in range(len(routes))]
    for late in range(len(routes)):
        for early in range(late):
            if _all_within(conditions[late], conditions[early]):
                lost = asked[late]
            elif _all_within(conditions[early], conditions[late]):
                lost = {name: owners for name, owners in asked[late].items() if name not in asked[early]}
            else:
                continue
            first = owner_of(manifest, view, f"spec.http[{early}]")
            for owner in sorted({owners[0] for owners in lost.values()}, key=lambda x: (x.object, x.path)):
                names = ", ".join(sorted(name for name, owners in lost.items() if owners[0] == owner))
                what = f"{names} of {manifest.key.namespace}/{manifest.key.name}"
                yield finding("MH205", f"{what}: requests that {first.where()} is about do not get this", owner)
            if lost is asked[late]:
                break  # nobody takes this route any more


def _asked(manifest: Manifest, index: int) -> dict[str, tuple[Owner, ...]]:
    """What was asked for on one route, by the name of the field."""
    prefix = f"spec.http[{index}]."
    return {
        path.removeprefix(prefix).partition(".")[0].partition("[")[0]: owners
        for path, owners in manifest.owners.items()
        if path.startswith(prefix)
    }


def _all_within(narrow: _Alternatives, wide: _Alternatives) -> bool:
    return all(any(_within(one, other) for other in wide) for one in narrow)


def _within(narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> bool:
    """Whether every request that fits one condition fits the other."""
    return all(name in narrow and _PARTS.get(name, eq)(narrow[name], asked) for name, asked in wide.items())


def _text(narrow: Mapping[str, str], wide: Mapping[str, str]) -> bool:
    starts = [narrow[form] for form in ("exact", "prefix") if form in narrow]
    return narrow == wide or ("prefix" in wide and any(text.startswith(wide["prefix"]) for text in starts))


def _named_texts(narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> bool:
    return all(name in narrow and (asked in _PRESENCE or _text(narrow[name], asked)) for name, asked in wide.items())


def _holds(narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> bool:
    return all(name in narrow and narrow[name] == asked for name, asked in wide.items())


_PRESENCE: Sequence[Mapping[str, str]] = ({}, {"regex": ".*"})
"""What is said of a header or a query parameter that only has to be there."""

_PARTS = {
    "uri": _text,
    "headers": _named_texts,
    "queryParams": _named_texts,
    "withoutHeaders": _holds,
    "sourceLabels": _holds,
}
"""How a part of a condition can be narrower than another; the other parts must be equal."""

RULE = Rule(name="hidden_routes", codes=("MH205",), check=_check)
