"""Copies of requests, as a mirror makes them: how many have come to a pod."""

from __future__ import annotations

from lab import wait
from lab.mesh.answers import Answers
from lab.mesh.pod import Pod


def copies(answers: Answers, target: Pod, *, expected: int = 0) -> int:
    """How many copies of these requests arrived, once it is as many as expected or no more come."""
    before = -1

    def arriving() -> str:
        nonlocal before
        last, before = before, target.app.received().of(answers)
        return "" if before == last and before >= expected else f"{before} copies of {len(answers)}"

    wait.until(f"{target.name} gets its copies", arriving, limit=5.0)
    return before
