"""Summary: a review in one paragraph."""

from __future__ import annotations

from collections.abc import Iterator

from meshhub_pulumi.report.compare.effect import Effect, Review
from meshhub_pulumi.report.markdown import code
from meshhub_pulumi.report.text import count


def summary(review: Review) -> str:
    """What changes, for whom, and what a deployment does for it."""
    return " ".join(filter(None, (_verdict(review), _objects(review), _findings(review))))


def _verdict(review: Review) -> str:
    if review.effect is None:
        sides = (("BASE", review.base_errors), ("HEAD", review.head_errors))
        wrong = " and ".join(f"{side} has {_number(errors, 'error')}" for side, errors in sides if errors)
        return f"**Not compared:** {wrong}, and what has errors is not applied."
    if not review.effect:
        return "**No effect on the mesh:** routes, hosts, connections, failover and access stay as they are."
    clusters = ", ".join(map(code, sorted(_clusters(review.effect))))
    return f"**The mesh changes** in {clusters}: {'; '.join(_parts(review.effect))}."


def _clusters(effect: Effect) -> set[str]:
    seen = [x.seen for each in (effect.traffic, effect.hosts, effect.failover, effect.connections) for x in each]
    return {x.cluster for x in seen} | {x.cluster for x in effect.access} | {x.cluster for x in effect.others}


def _parts(effect: Effect) -> Iterator[str]:
    whole = [x for x in effect.hosts if not x.subsets]
    if number := len({x.seen.destination for x in effect.traffic}):
        yield f"requests to {_number(number, 'destination')} are treated differently"
    if number := sum(x.before is None for x in whole):
        yield f"{_number(number, 'host')} gained"
    if number := sum(x.after is None for x in whole):
        yield f"{_number(number, 'host')} lost"
    if number := sum(x.before is not None and x.after is not None for x in whole):
        yield f"{_number(number, 'host')} reached elsewhere"
    if number := sum(len(x.subsets) for x in effect.hosts):
        yield f"{_number(number, 'subset')} gained, lost or changed"
    if number := len(effect.failover):
        yield f"{_number(number, 'failover order')} changed"
    if number := len({x.seen for x in effect.connections}):
        yield f"connections to {_number(number, 'host')} set up differently"
    if number := sum(len(x.workloads) for x in effect.access if x.gained):
        yield f"new callers of {_number(number, 'workload')}"
    if number := sum(len(x.workloads) for x in effect.access if x.lost):
        yield f"callers lost by {_number(number, 'workload')}"
    if number := len(effect.others):
        yield f"{_number(number, 'other object')} changed"


def _objects(review: Review) -> str:
    if review.effect is None:
        return ""
    if not review.touched:
        return "A deployment changes no object."
    done = [
        f"{verb} {sum(map(len, lists))}"
        for verb, lists in (
            ("creates", [x.created for x in review.touched]),
            ("updates", [x.updated for x in review.touched]),
            ("deletes", [x.deleted for x in review.touched]),
        )
    ]
    return (
        f"A deployment {done[0]}, {done[1]} and {done[2]} objects "
        f"in {len(review.touched)} of {_number(len(review.clusters), 'cluster')}."
    )


def _findings(review: Review) -> str:
    told = (("New", review.new), ("Fixed", review.fixed))
    return " ".join(f"{title} findings: {count(findings)}." for title, findings in told if findings)


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
