"""Review as JSON: what `meshhub review --format json` prints, for programs; docs/review.md says what is in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from meshhub_pulumi.report.compare.effect import Change, Effect, Reached, Review, Seen


def print_review_json(review: Review) -> str:
    """`{"effect": {...}, "objects": [...], "findings": {"new": [...], "fixed": [...]}}`."""
    effect = review.effect
    whole = {
        "compared": effect is not None,
        "changes": bool(effect),
        "effect": None if effect is None else _effect(effect),
        "objects": [
            {"cluster": x.cluster, "created": x.created, "updated": x.updated, "deleted": x.deleted}
            for x in review.touched
        ],
        "findings": {
            "new": [finding.as_json() for finding in review.new],
            "fixed": [finding.as_json() for finding in review.fixed],
        },
        "errors": {"base": review.base_errors, "head": review.head_errors},
    }
    return json.dumps(whole, indent=2) + "\n"


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "traffic": [
            {
                **_seen(x.seen),
                "requests": x.requests,
                "shares": [{"to": s.target, "before": s.before, "after": s.after} for s in x.shares],
                "settings": _changes(x.settings),
            }
            for x in effect.traffic
        ],
        "hosts": [_reached(x) for x in effect.hosts],
        "failover": [_reached(x) for x in effect.failover],
        "connections": [{**_seen(x.seen), "settings": _changes(x.settings)} for x in effect.connections],
        "access": [
            {
                "cluster": x.cluster,
                "workloads": x.workloads,
                "gained": x.gained,
                "lost": x.lost,
                "before": x.before,
                "after": x.after,
            }
            for x in effect.access
        ],
        "others": [{"cluster": x.cluster, "object": x.object, "settings": _changes(x.settings)} for x in effect.others],
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {"destination": seen.destination, "cluster": seen.cluster, "callers": "gateways" if seen.gateway else "pods"}


def _reached(reached: Reached) -> dict[str, Any]:
    return {
        **_seen(reached.seen),
        "subsets": reached.subsets,
        "before": reached.before,
        "after": reached.after,
        "settings": _changes(reached.settings),
    }


def _changes(changes: Iterable[Change]) -> list[dict[str, str | None]]:
    return [{"setting": x.setting, "before": x.before, "after": x.after} for x in changes]
