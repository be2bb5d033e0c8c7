"""Hidden routes: Istio takes the first route that fits, and nothing of the others.

So a policy for certain requests hides, for these, all that a policy for more requests asks for; and of two routes
with one condition only the first is ever taken. In an object written by hand the former is how routes
are written, and only the latter is told. An HTTPRoute written by hand lists its rules in any order, which Istio sorts;
of two rules for the very same requests the first is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import eq
from typing import Any

from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifest, Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.routes import Route, routes_of

_Alternatives = Sequence[Mapping[str, Any]]


def _check(manifests: Manifests) -> Iterator[Finding]:
    for manifest in manifests.all.values():
        if len(routes := dict(routes_of(manifest))) > 1:
            yield from _hidden(manifest, routes)


def _hidden(manifest: Manifest, routes: Mapping[str, Route]) -> Iterator[Finding]:
    paths = list(routes)
    conditions = [_conditions(route) for route in routes.values()]
    asked = [_asked(manifest, path) for path in paths]
    hides = _all_among if manifest.by_hand and manifest.key.kind == "HTTPRoute" else _all_within
    for late in range(len(routes)):
        for early in range(late):
            if hides(conditions[late], conditions[early]):
                lost = asked[late]
            elif not manifest.by_hand and _all_within(conditions[early], conditions[late]):
                lost = {name: owners for name, owners in asked[late].items() if name not in asked[early]}
            else:
                continue
            first = asker_of(manifest, paths[early])
            for owner in sorted({owners[0] for owners in lost.values()}, key=lambda x: (x.object, x.path)):
                names = ", ".join(sorted(name for name, owners in lost.items() if owners[0] == owner))
                what = f"{names} of {manifest.key.namespace}/{manifest.key.name}"
                yield finding("MH205", f"{what}: requests that {first.where()} is about do not get this", owner)
            if lost is asked[late]:
                break  # nobody takes this route any more


def _conditions(route: Any) -> list[Mapping[str, Any]]:
    """The conditions of a route, of which a request must fit one; none where they cannot be read or are not known."""
    found: Any = route.get("match") or ({},) if isinstance(route, Mapping) else ()
    readable = isinstance(found, list | tuple) and all(isinstance(x, Mapping) and not _holds_late(x) for x in found)
    return list(found) if readable else []


def _holds_late(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_late, value.values()))
    return is_late(value)


def _asked(manifest: Manifest, path: str) -> dict[str, tuple[Owner, ...]]:
    """What was asked for on one route, by the name of the field."""
    if manifest.by_hand:
        return {"route": (asker_of(manifest, path),)}
    prefix = f"{path}."
    return {
        path.removeprefix(prefix).partition(".")[0].partition("[")[0]: owners
        for path, owners in manifest.owners.items()
        if path.startswith(prefix)
    }


def _all_within(narrow: _Alternatives, wide: _Alternatives) -> bool:
    return bool(narrow) and all(any(_within(one, other) for other in wide) for one in narrow)


def _all_among(some: _Alternatives, others: _Alternatives) -> bool:
    return bool(some) and all(one in others for one in some)


def _within(narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> bool:
    """Whether every request that fits one condition fits the other."""
    return all(name in narrow and _PARTS.get(name, eq)(narrow[name], asked) for name, asked in wide.items())


def _text(narrow: Any, wide: Any) -> bool:
    if narrow == wide or wide == _ANYTHING:
        return True
    if not isinstance(narrow, Mapping) or not isinstance(wide, Mapping):
        return False
    starts = [narrow[form] for form in ("exact", "prefix", "segments") if isinstance(narrow.get(form), str)]
    if "segments" in wide:
        return any(f"{text.rstrip('/')}/".startswith(f"{wide['segments'].rstrip('/')}/") for text in starts)
    return isinstance(wide.get("prefix"), str) and any(text.startswith(wide["prefix"]) for text in starts)


def _named_texts(narrow: Any, wide: Any) -> bool:
    if not isinstance(narrow, Mapping) or not isinstance(wide, Mapping):
        return bool(narrow == wide)
    return all(name in narrow and (asked in _PRESENCE or _text(narrow[name], asked)) for name, asked in wide.items())


def _holds(narrow: Any, wide: Any) -> bool:
    if not isinstance(narrow, Mapping) or not isinstance(wide, Mapping):
        return bool(narrow == wide)
    return all(name in narrow and narrow[name] == asked for name, asked in wide.items())


_ANYTHING: Mapping[str, str] = {"regex": ".*"}
_PRESENCE: Sequence[Mapping[str, str]] = ({}, _ANYTHING)
"""What is said of a header or a query parameter that only has to be there."""

_PARTS = {
    "uri": _text,
    "headers": _named_texts,
    "queryParams": _named_texts,
    "withoutHeaders": _holds,
    "sourceLabels": _holds,
}
"""How a part of a condition can be narrower than another; the other parts must be equal."""

RULE = ManifestRule(name="hidden_routes", codes=("MH205",), check=_check)
