"""Hidden routes: Istio takes the first route that fits, and nothing of the others.

So a policy for certain requests hides, for these, all that a policy for more requests asks for; and of two routes
with one condition only the first is ever taken. In an object written by hand the former is how routes
are written, and only the latter is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifest, Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.alternatives import Alternatives, Wider
from meshhub_pulumi.rules.condition import Condition, plain
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.routes import Route, field_of, routes_of

_Owners = Mapping[str, tuple[Owner, ...]]


def _check(manifests: Manifests) -> Iterator[Finding]:
    for manifest in manifests.all.values():
        if len(routes := dict(routes_of(manifest))) > 1:
            yield from _hidden(manifest, routes)


def _hidden(manifest: Manifest, routes: Mapping[str, Route]) -> Iterator[Finding]:
    conditions = [_conditions(route) for route in routes.values()]
    hiding = _repeating(conditions) if _unordered(manifest) else _hiding(conditions)
    partly: list[list[int]] = [[] for _ in conditions] if manifest.by_hand else _partly(conditions, hiding)
    owners = _by_route(manifest, routes)
    asked = [_asked(manifest, path, owners[path]) for path in routes]
    paths = list(routes)
    for late, (some, whole) in enumerate(zip(partly, hiding, strict=True)):
        for early in some:
            lost = {name: by for name, by in asked[late].items() if name not in asked[early]}
            yield from _told(manifest, lost, _asker(manifest, paths[early], owners))
        if whole is not None:
            yield from _told(manifest, asked[late], _asker(manifest, paths[whole], owners))


def _hiding(conditions: Sequence[Alternatives]) -> list[int | None]:
    """For each route the first one that takes all of its requests before."""
    found: list[int | None] = []
    taking = Wider()
    for late, alternatives in enumerate(conditions):
        found.append(next(taking.of(alternatives), None))
        if found[-1] is None:  # else whatever it takes is taken before, too
            taking.add(late, alternatives)
    return found


def _unordered(manifest: Manifest) -> bool:
    """Whether the order in which the routes stand means nothing: the Gateway API has one of its own."""
    return manifest.by_hand and manifest.key.kind == "HTTPRoute"


def _repeating(conditions: Sequence[Alternatives]) -> list[int | None]:
    """For each route the first one before that has all of its conditions; an HTTPRoute has 16 routes at most."""
    return [
        next(
            (early for early, others in enumerate(conditions[:late]) if some and all(one in others for one in some)),
            None,
        )
        for late, some in enumerate(conditions)
    ]


def _partly(conditions: Sequence[Alternatives], hiding: Sequence[int | None]) -> list[list[int]]:
    """For each route those that take some of its requests before, up to the one that takes all."""
    found: list[list[int]] = [[] for _ in conditions]
    until: dict[int, list[int]] = {}
    for late, whole in enumerate(hiding):
        until.setdefault(late if whole is None else whole, []).append(late)
    giving = Wider()
    for early in reversed(range(len(conditions))):
        for late in until.get(early + 1, ()):
            giving.add(late, conditions[late])
        for late in giving.of(conditions[early]):
            found[late].append(early)
    return [early[::-1] for early in found]


def _told(manifest: Manifest, lost: _Owners, first: Owner) -> Iterator[Finding]:
    for owner in sorted({owners[0] for owners in lost.values()}, key=lambda x: (x.object, x.path)):
        names = ", ".join(sorted(name for name, owners in lost.items() if owners[0] == owner))
        what = f"{names} of {manifest.key.namespace}/{manifest.key.name}"
        yield finding("MH205", f"{what}: requests that {first.where()} is about do not get this", owner)


def _conditions(route: Any) -> list[Condition]:
    """The conditions of a route, of which a request must fit one; none where they cannot be read or are not known."""
    found: Any = route.get("match") or ({},) if isinstance(route, Mapping) else ()
    readable = isinstance(found, list | tuple) and all(isinstance(x, Mapping) and not _holds_late(x) for x in found)
    return list(map(plain, found)) if readable else []


def _holds_late(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_late, value.values()))
    return is_late(value)


def _by_route(manifest: Manifest, routes: Mapping[str, Route]) -> dict[str, dict[str, tuple[Owner, ...]]]:
    """The owners of what lies below each route."""
    found: dict[str, dict[str, tuple[Owner, ...]]] = {path: {} for path in routes}
    for path, owners in manifest.owners.items():
        if (route := f"{path.partition(']')[0]}]") in found:
            found[route][path] = owners
    return found


def _asked(manifest: Manifest, path: str, owners: _Owners) -> _Owners:
    """What was asked for on one route, by the name of the field."""
    if manifest.by_hand:
        return {"route": (asker_of(manifest, path),)}
    return {field_of(at): by for at, by in owners.items() if at.startswith(f"{path}.")}


def _asker(manifest: Manifest, path: str, owners: Mapping[str, _Owners]) -> Owner:
    return asker_of(replace(manifest, owners=owners[path]) if owners[path] else manifest, path)


RULE = ManifestRule(name="hidden_routes", codes=("MH205",), check=_check)
