"""Routes: the routes of a host on both sides become the requests that are treated differently.

The first route that takes a request decides. So requests are compared, not routes: those of each condition that either
side has, those of two conditions at once where the sides may differ in which comes first, and those that no condition
is about. What an earlier route leaves nothing of does not count, nor does the order of routes that share no request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.report.compare.actions import REFUSED, Action, Targets, itself
from meshhub_pulumi.report.compare.condition import (
    Condition,
    Constraint,
    conditions_of,
    covers,
    overlap,
    port_of,
    words,
)
from meshhub_pulumi.report.compare.effect import Change, Seen, Share, Traffic
from meshhub_pulumi.report.compare.http_route import bound_routes
from meshhub_pulumi.report.compare.leaves import changes


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes of a host in the order in which they are tried, without those that no request gets to."""

    taken: tuple[tuple[Condition, Action], ...]
    otherwise: Action = REFUSED

    def of(self, requests: Condition) -> Action:
        """What happens to requests."""
        return next((action for condition, action in self.taken if covers(condition, requests)), self.otherwise)

    def place(self, condition: Condition) -> int | None:
        """The position of a condition."""
        return next((i for i, (known, _) in enumerate(self.taken) if known == condition), None)


def routes_of(manifests: Iterable[Manifest], targets: Targets) -> dict[Seen, Routes]:
    """The routes of every host that has any, by who calls it."""
    found: dict[Seen, list[tuple[Condition, Action]]] = {}
    by_port: set[Seen] = set()
    for manifest in manifests:
        cluster, spec = manifest.key.cluster, manifest.body.get("spec", {})
        if manifest.key.kind == "VirtualService":
            for host in spec.get("hosts", ()):
                _add(found.setdefault(targets.names.seen(cluster, host), []), spec.get("http", ()), cluster, targets)
        for bound in bound_routes(manifest, targets.names):
            by_port.add(bound.seen)
            taken = found.setdefault(bound.seen, [])
            _add(taken, bound.routes, cluster, targets)
            # what no rule takes of its port is refused; other ports are left alone
            rest = frozenset({Constraint("port", "is", str(bound.port))})
            if not any(covers(earlier, rest) for earlier, _ in taken):
                taken.append((rest, REFUSED))
    return {
        seen: Routes(tuple(taken), itself(seen.destination) if seen in by_port else REFUSED)
        for seen, taken in found.items()
        if taken
    }


def _add(
    taken: list[tuple[Condition, Action]], routes: Iterable[Mapping[str, Any]], cluster: str, targets: Targets
) -> None:
    """Add the routes that some request gets to."""
    for route in routes:
        for condition in conditions_of(route):
            if not any(covers(earlier, condition) for earlier, _ in taken):
                taken.append((condition, targets.action(route, cluster, port_of(condition))))


def traffic(seen: Seen, before: Routes | None, after: Routes | None, ports: Iterable[int]) -> list[Traffic]:
    """The requests to a host that are treated differently, by how; `ports` are those whose requests can be seen."""
    if before == after:
        return []
    default = Routes(((frozenset(), itself(seen.destination)),))
    sides = (before or default, after or default)
    explicit = list(dict.fromkeys(condition for routes in (before, after) if routes for condition, _ in routes.taken))
    found: dict[Condition, _Difference] = {}
    for requests in sorted(explicit, key=_order):
        if difference := _difference(requests, *sides):
            found[requests] = difference
    implied = [frozenset({Constraint("port", "is", str(port))}) for port in sorted(ports)]
    for requests in sorted({*implied, *_shared(explicit, *sides)} - set(explicit), key=_order):
        difference = _difference(requests, *sides)
        told = any(covers(wide, requests) and found[wide] == difference for wide in found)
        if difference and not told:
            found[requests] = difference
    grouped: dict[_Difference, list[Condition]] = {}
    for requests in sorted(found, key=_order):
        grouped.setdefault(found[requests], []).append(requests)
    return [Traffic(seen, tuple(map(words, same)), x.shares, x.settings) for x, same in grouped.items()]


@dataclass(frozen=True, slots=True)
class _Difference:
    shares: tuple[Share, ...]
    settings: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.shares or self.settings)


def _difference(requests: Condition, before: Routes, after: Routes) -> _Difference:
    old, new = before.of(requests), after.of(requests)
    none = Fraction(0)
    shares = tuple(
        Share(target, _percent(old.shares.get(target, none)), _percent(new.shares.get(target, none)))
        for target in sorted(old.shares.keys() | new.shares.keys())
        if old.shares.get(target) != new.shares.get(target)
    )
    return _Difference(shares, changes(old.settings, new.settings))


def _percent(part: Fraction) -> float:
    return round(float(part * 100), 4)


def _shared(explicit: Sequence[Condition], before: Routes, after: Routes) -> Iterator[Condition]:
    """The requests of two conditions at once, where one side lacks a condition or has them in another order."""
    places = {condition: (before.place(condition), after.place(condition)) for condition in explicit}
    for index, one in enumerate(explicit):
        for other in explicit[:index]:
            if _kept(places[one], places[other]) or covers(one, other) or covers(other, one):
                continue
            if overlap(one, other):
                yield one | other


def _kept(one: tuple[int | None, int | None], other: tuple[int | None, int | None]) -> bool:
    """Whether both conditions are on both sides, in the same order."""
    (a, b), (c, d) = one, other
    if None in (a, b, c, d):
        return False
    assert a is not None and b is not None and c is not None and d is not None  # noqa: PT018 (for the type checker)
    return (a < c) == (b < d)


def _order(condition: Condition) -> tuple[int, tuple[str, ...]]:
    return len(condition), words(condition)
