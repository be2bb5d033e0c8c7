"""What became of requests, in one word each, and waiting until that is what it should be."""

from __future__ import annotations

from typing import Unpack

from lab import wait
from lab.mesh.answers import Answer, Answers
from lab.mesh.load import Options
from lab.mesh.pod import Pod

LIMIT = 10.0
"""Seconds that a change may take to show."""


def outcome(answer: Answer) -> str:
    """The cluster whose app answered, or why the request failed: `status 403`, `reset`, `connect`, ..."""
    if answer.reason or not answer.seen:
        return answer.reason or "answered by a proxy"
    return answer.seen.cluster


def expect(pod: Pod, url: str, *outcomes: str, n: int = 6, **options: Unpack[Options]) -> Answers:
    """Send `n` requests from the pod, again and again until their outcomes are exactly these; return the last ones.

    Each has a connection of its own. Raises LabError, with what came instead, when they never are.
    """
    options.setdefault("fresh", True)
    answers = Answers([])

    def unmet() -> str:
        nonlocal answers
        answers = pod.call(url, n, **options)
        return "" if {outcome(answer) for answer in answers} == set(outcomes) else repr(answers)

    wait.until(f"{pod.plan.cluster}/{pod.name} -> {url}: {', '.join(sorted(outcomes))}", unmet, limit=LIMIT)
    return answers
