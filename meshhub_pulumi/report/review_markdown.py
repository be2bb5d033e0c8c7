"""Review as Markdown: a pull-request comment with a paragraph, a table for each kind of effect, and folded details."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.report.compare.effect import Access, Change, Effect, Reached, Review, Seen, Tiers, Touched, Traffic
from meshhub_pulumi.report.markdown import Section, code, document, lines
from meshhub_pulumi.report.review_summary import summary

Row = tuple[str, ...]
_SEEN = ("Destination", "Called from")
_SIDES = ("Before", "After")


def print_review_markdown(review: Review) -> str:
    """The review within the size of a comment."""
    effect = review.effect or Effect()
    settings = [(x.seen, x.settings) for x in effect.hosts]
    return document(
        f"## Effect on the mesh\n\n{summary(review)}\n",
        [
            Section("New findings", (), [_finding(x) for x in review.new]),
            Section("Requests", (*_SEEN, "Requests", "What", *_SIDES), list(_traffic(effect.traffic))),
            Section("Hosts", (*_SEEN, "Part", *_SIDES), [_host(x) for x in effect.hosts]),
            Section("Failover", (*_SEEN, "Part", *_SIDES), [_host(x) for x in effect.failover]),
            Section("Access", ("Workloads", "Cluster", "New callers", "Lost callers", "Callers now"), _access(effect)),
            Section(
                "Connections",
                (*_SEEN, "Setting", *_SIDES),
                list(_settings((x.seen, x.settings) for x in effect.connections)),
            ),
            Section("Other objects", ("Object", "Cluster", "Setting", *_SIDES), list(_others(effect))),
            Section(
                "Settings of hosts gained and lost",
                (*_SEEN, "Setting", *_SIDES),
                list(_settings(settings)),
                folded=True,
            ),
            Section("Fixed findings", (), [_finding(x) for x in review.fixed], folded=True),
            Section(
                "Objects touched", ("Cluster", "Created", "Updated", "Deleted"), _touched(review.touched), folded=True
            ),
        ],
    )


def _seen(seen: Seen) -> Row:
    return (code(seen.destination), f"gateways of {code(seen.cluster)}" if seen.gateway else code(seen.cluster))


def _traffic(traffic: Iterable[Traffic]) -> Iterator[Row]:
    for each in traffic:
        requests = lines([" and ".join(map(code, condition)) or "all" for condition in each.requests])
        for share in each.shares:
            yield (
                *_seen(each.seen),
                requests,
                f"go to {code(share.target)}",
                f"{share.before:g}%",
                f"{share.after:g}%",
            )
        for change in each.settings:
            yield (*_seen(each.seen), requests, *_change(change))


def _change(change: Change) -> Row:
    return (code(change.setting), *("not set" if x is None else code(x) for x in (change.before, change.after)))


def _host(reached: Reached) -> Row:
    part = lines([f"subset {code(x)}" for x in reached.subsets]) or "host"
    return (*_seen(reached.seen), part, _tiers(reached.before), _tiers(reached.after))


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


def _settings(pairs: Iterable[tuple[Seen, Sequence[Change]]]) -> Iterator[Row]:
    for seen, changes in pairs:
        yield from ((*_seen(seen), *_change(change)) for change in changes)


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
