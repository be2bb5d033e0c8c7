"""Findings: which are new and which are fixed; one that only moved, or whose policy has another name, is neither."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from meshhub_pulumi.model.finding import Finding

_PLACE = re.compile(r" ?\([^()]*:\d+\)")
_NAMED = re.compile(r"\b([A-Z]\w+) [\w.-]+/[\w.-]+")


def new_in(after: Sequence[Finding], before: Sequence[Finding]) -> list[Finding]:
    """The findings that one side has and the other has not."""
    new, old = list(after), list(before)
    for same in (_about, _words):
        new, old = _without(new, old, same), _without(old, new, same)
    return new


def _without(
    findings: Sequence[Finding], others: Sequence[Finding], same: Callable[[Finding], Hashable]
) -> list[Finding]:
    """The findings, less one for each of the others that is the same."""
    rest = Counter(map(same, others))
    left = []
    for finding in findings:
        if rest[same(finding)]:
            rest[same(finding)] -= 1
        else:
            left.append(finding)
    return left


def _about(finding: Finding) -> Hashable:
    """The same is said of the same object, wherever it stands."""
    return (finding.code, finding.where.object, _PLACE.sub("", finding.message))


def _words(finding: Finding) -> Hashable:
    """The same is said of some object of that kind."""
    return (finding.code, _NAMED.sub(r"\1", f"{finding.where.object}: {_PLACE.sub('', finding.message)}"))
