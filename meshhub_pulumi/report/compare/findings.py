"""Findings: which are new and which are fixed; one that only moved, or whose policy has another name, is neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from meshhub_pulumi.model.finding import Finding


def new_in(after: Sequence[Finding], before: Sequence[Finding]) -> list[Finding]:
    """The findings that one side has and the other has not."""
    new, old = list(after), list(before)
    for same in (_with_object, _words):
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


def _with_object(finding: Finding) -> Hashable:
    return (finding.where.object, _words(finding))


def _words(finding: Finding) -> Hashable:
    return (finding.code, finding.level, finding.message)
