"""Review as Markdown: a pull-request comment with a paragraph, a table for each kind of effect, and folded details."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.report.compare.effect import (
    Access,
    Change,
    Connection,
    Effect,
    Reached,
    Review,
    Tiers,
    Touched,
    Traffic,
)
from meshhub_pulumi.report.markdown import Section, code, document, lines
from meshhub_pulumi.report.review_summary import summary

S = TypeVar("S", Traffic, Reached, Connection)

Row = tuple[str, ...]
_SEEN = ("Destination", "Called from")
_SIDES = ("Before", "After")


def print_review_markdown(review: Review) -> str:
    """The review within the size of a comment."""
    effect = review.effect or Effect()
    inside = [Connection(x.seen, x.settings) for x in effect.hosts]
    return document(
        f"## Effect on the mesh\n\n{summary(review)}\n",
        [
            Section("New findings", (), [_finding(x) for x in review.new]),
            Section("Requests", (*_SEEN, "Requests", "What", *_SIDES), list(_traffic(effect.traffic))),
            Section("Hosts", (*_SEEN, "Part", *_SIDES), list(_hosts(effect.hosts))),
            Section("Failover", (*_SEEN, "Part", *_SIDES), list(_hosts(effect.failover))),
            Section("Access", ("Workloads", "Cluster", "New callers", "Lost callers", "Callers now"), _access(effect)),
            Section("Connections", (*_SEEN, "Setting", *_SIDES), list(_settings(effect.connections))),
            Section("Other objects", ("Object", "Cluster", "Setting", *_SIDES), list(_others(effect))),
            Section(
                "Settings of hosts gained and lost", (*_SEEN, "Setting", *_SIDES), list(_settings(inside)), folded=True
            ),
            Section("Fixed findings", (), [_finding(x) for x in review.fixed], folded=True),
            Section(
                "Objects touched", ("Cluster", "Created", "Updated", "Deleted"), _touched(review.touched), folded=True
            ),
        ],
    )


def _together(items: Iterable[S]) -> Iterator[tuple[Row, S]]:
    """Each item with its destination and callers; what is the same for several clusters comes once, and names them."""
    found: dict[S, list[str]] = {}
    for item in items:
        anywhere = replace(item, seen=replace(item.seen, cluster=""))
        found.setdefault(anywhere, []).append(f"{'gateways of ' * item.seen.gateway}{code(item.seen.cluster)}")
    for item, callers in found.items():
        yield (code(item.seen.destination), lines(callers)), item


def _traffic(traffic: Iterable[Traffic]) -> Iterator[Row]:
    for seen, each in _together(traffic):
        conditions = [" and ".join(map(code, condition)) or "all" for condition in each.requests]
        requests = lines([f"{'or ' * (index > 0)}{condition}" for index, condition in enumerate(conditions)])
        for share in each.shares:
            yield (*seen, requests, f"go to {code(share.target)}", f"{share.before:g}%", f"{share.after:g}%")
        for change in each.settings:
            yield (*seen, requests, *_change(change))


def _change(change: Change) -> Row:
    return (code(change.setting), *("not set" if x is None else code(x) for x in (change.before, change.after)))


def _hosts(hosts: Iterable[Reached]) -> Iterator[Row]:
    for seen, each in _together(hosts):
        part = lines([f"subset {code(x)}" for x in each.subsets]) or "host"
        yield (*seen, part, _tiers(each.before), _tiers(each.after))


def _tiers(tiers: Tiers | None) -> str:
    if tiers is None:
        return "not there"
    if len(tiers) == 1:
        return code(tiers[0])
    return lines([f"{number}. {code(tier)}" for number, tier in enumerate(tiers, 1)]) or "nothing"


def _access(effect: Effect) -> list[Row]:
    return [(lines([code(x) for x in each.workloads]), code(each.cluster), *_callers(each)) for each in effect.access]


def _callers(access: Access) -> Row:
    return tuple(lines([code(x) for x in callers]) or "none" for callers in (access.gained, access.lost, access.after))


def _settings(connections: Iterable[Connection]) -> Iterator[Row]:
    for seen, each in _together(connections):
        yield from ((*seen, *_change(change)) for change in each.settings)


def _others(effect: Effect) -> Iterator[Row]:
    for each in effect.others:
        named = (code(each.object), code(each.cluster))
        if each.before and each.after:
            yield from ((*named, *_change(change)) for change in each.settings)
        else:
            yield (*named, "all of it", *("there" if there else "not there" for there in (each.before, each.after)))


def _finding(finding: Finding) -> Row:
    where = finding.where
    place = f", {code(where.path)}" if where.path else ""
    file = f" ({code(f'{where.file}:{where.line}' if where.line else where.file)})" if where.file else ""
    return (f"{finding.level} {finding.code}: {code(where.object)}{place}{file}: {code(finding.message)}",)


def _touched(touched: Iterable[Touched]) -> list[Row]:
    return [
        (
            code(x.cluster),
            *(lines([code(name) for name in names]) or "none" for names in (x.created, x.updated, x.deleted)),
        )
        for x in touched
    ]
