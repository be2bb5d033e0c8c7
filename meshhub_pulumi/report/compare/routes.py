"""Routes: the routes of a host on both sides become the requests that are treated differently.

The first route that takes a request decides. So requests are compared, not routes: those of each condition that either
side has, those of two conditions at once where the sides may differ in which comes first, and those that no condition
is about. What an earlier route leaves nothing of does not count, nor does the order of routes that share no request.

Who calls and at which port decides before that: a proxy is given only the routes of its own caller and port. Where it
is given none it sends to the host itself, and where it is given some it refuses what none of them takes.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.report.compare.actions import REFUSED, Action, Targets, itself
from meshhub_pulumi.report.compare.condition import (
    Condition,
    Constraint,
    callers_of,
    conditions_of,
    covers,
    overlap,
    port_of,
    words,
)
from meshhub_pulumi.report.compare.effect import Change, Seen, Share, Traffic
from meshhub_pulumi.report.compare.http_route import bound_routes
from meshhub_pulumi.report.compare.leaves import changes
from meshhub_pulumi.report.compare.search import Covering, Sharing


@dataclass(frozen=True)
class Routes:
    """The routes of a host in the order in which they are tried, without those that no request gets to."""

    taken: tuple[tuple[Condition, Action], ...]
    without: Action
    """What happens to the requests of callers who are given no route."""

    def of(self, requests: Condition) -> Action:
        """What happens to requests."""
        first = self._covering.first(requests)
        if first is not None:
            return self.taken[first][1]
        return REFUSED if self._given(requests) else self.without

    def _given(self, requests: Condition) -> bool:
        """Whether the proxies that make these requests are given any route; without a port, at any port."""
        port = port_of(requests)
        return any(
            callers.first(requests) is not None
            for at, callers in self._callers.items()
            if at is None or port is None or at == port
        )

    @cached_property
    def _callers(self) -> Mapping[int | None, Covering]:
        """Whose requests the routes of each port are about; None for routes of every port."""
        found: dict[int | None, dict[Condition, None]] = {}
        for condition, _ in self.taken:
            found.setdefault(port_of(condition), {})[callers_of(condition)] = None
        return {port: Covering(callers) for port, callers in found.items()}

    @cached_property
    def places(self) -> Mapping[Condition, int]:
        """The position of each condition."""
        return {condition: place for place, (condition, _) in enumerate(self.taken)}

    @cached_property
    def _covering(self) -> Covering:
        return Covering(condition for condition, _ in self.taken)


class _Taken:
    """Routes as they are added: those that some request gets to."""

    def __init__(self) -> None:
        self.routes: list[tuple[Condition, Action]] = []
        self._covering = Covering()

    def leaves(self, condition: Condition) -> bool:
        """Whether the routes so far may leave some of these requests to others."""
        return self._covering.first(condition) is None

    def add(self, condition: Condition, action: Action) -> None:
        """Put a route behind the others."""
        self.routes.append((condition, action))
        self._covering.add(condition)


def routes_of(manifests: Iterable[Manifest], targets: Targets) -> dict[Seen, Routes]:
    """The routes of every host that has any, by who calls it."""
    found: dict[Seen, _Taken] = {}
    for manifest in manifests:
        cluster, spec = manifest.key.cluster, manifest.body.get("spec", {})
        if manifest.key.kind == "VirtualService":
            for host in spec.get("hosts", ()):
                taken = found.setdefault(targets.names.seen(cluster, host), _Taken())
                _add(taken, spec.get("http", ()), cluster, targets)
        for bound in bound_routes(manifest, targets.names):
            taken = found.setdefault(bound.seen, _Taken())
            _add(taken, bound.routes, cluster, targets)
    return {
        seen: Routes(tuple(taken.routes), itself(seen.destination)) for seen, taken in found.items() if taken.routes
    }


def _add(taken: _Taken, routes: Iterable[Mapping[str, Any]], cluster: str, targets: Targets) -> None:
    """Add the routes that some request gets to."""
    for route in routes:
        for condition in conditions_of(route):
            if taken.leaves(condition):
                taken.add(condition, targets.action(route, cluster, port_of(condition)))


def traffic(seen: Seen, before: Routes | None, after: Routes | None, ports: Iterable[int]) -> list[Traffic]:
    """The requests to a host that are treated differently, by how; `ports` are those whose requests can be seen."""
    if before == after:
        return []
    default = Routes((), itself(seen.destination))
    sides = (before or default, after or default)
    explicit = list(dict.fromkeys(condition for routes in (before, after) if routes for condition, _ in routes.taken))
    found: dict[_Difference, Covering] = {}
    for requests in sorted(explicit, key=_order):
        if difference := _difference(requests, *sides):
            found.setdefault(difference, Covering()).add(requests)
    refused = _refused(explicit, *sides)
    implied = [*refused, *(frozenset({Constraint("port", "is", str(port))}) for port in sorted(ports))]
    for requests in sorted({*implied, *_shared(explicit, refused, *sides)} - set(explicit), key=_order):
        if difference := _difference(requests, *sides):
            same = found.setdefault(difference, Covering())
            if same.first(requests) is None:
                same.add(requests)
    told = {difference: sorted(same.conditions, key=_order) for difference, same in found.items()}
    grouped = sorted(told.items(), key=lambda item: _order(item[1][0]))
    return [Traffic(seen, tuple(map(words, same)), x.shares, x.settings) for x, same in grouped]


@dataclass(frozen=True, slots=True)
class _Difference:
    shares: tuple[Share, ...]
    settings: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.shares or self.settings)


def _difference(requests: Condition, before: Routes, after: Routes) -> _Difference:
    old, new = before.of(requests), after.of(requests)
    mixed = old.mixed | new.mixed
    shares_before, settings_before = old.told(mixed)
    shares_after, settings_after = new.told(mixed)
    none = Fraction(0)
    shares = tuple(
        Share(target, _percent(shares_before.get(target, none)), _percent(shares_after.get(target, none)))
        for target in sorted(shares_before.keys() | shares_after.keys())
        if shares_before.get(target) != shares_after.get(target)
    )
    return _Difference(shares, changes(settings_before, settings_after))


def _percent(part: Fraction) -> float:
    return round(float(part * 100), 4)


def _refused(explicit: Sequence[Condition], before: Routes, after: Routes) -> list[Condition]:
    """All requests of the callers whom a condition is limited to, where a side refuses what no other route takes."""
    whole = {
        callers | {x for x in condition if x.field == "port"}: None
        for condition in explicit
        if (callers := callers_of(condition))
    }
    return [requests for requests in whole if REFUSED in (before.of(requests), after.of(requests))]


def _shared(
    explicit: Sequence[Condition], refused: Sequence[Condition], before: Routes, after: Routes
) -> Iterator[Condition]:
    """The requests of two conditions at once, where one side lacks a condition or has them in another order."""
    for one, other in (*_exchanged(before, after), *_new_or_gone(explicit, refused, before, after)):
        if overlap(one, other) and not covers(one, other) and not covers(other, one):
            yield one | other


def _exchanged(before: Routes, after: Routes) -> Iterator[tuple[Condition, Condition]]:
    """The conditions of both sides that have changed places with one another."""
    passed: list[int] = []
    for condition, _ in before.taken:
        if (place := after.places.get(condition)) is not None:
            yield from ((condition, after.taken[later][0]) for later in passed[bisect(passed, place) :])
            insort(passed, place)


def _new_or_gone(
    explicit: Sequence[Condition], refused: Sequence[Condition], before: Routes, after: Routes
) -> Iterator[tuple[Condition, Condition]]:
    """Each condition that one side lacks, with all that may share requests with it."""
    sharing = Sharing([*explicit, *refused])
    for one in explicit:
        if one not in before.places or one not in after.places:
            yield from ((one, other) for other in sharing.with_(one))


def _order(condition: Condition) -> tuple[int, tuple[str, ...]]:
    return len(condition), words(condition)
