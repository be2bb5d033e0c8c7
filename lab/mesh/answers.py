"""What became of the requests that a caller sent: who answered, how fast, and what failed when and why.

    answers = pod.call("http://reviews:9080/", n=2000)
    answers.assert_shares({"v3@kind3": 75, "v2@kind2": 15, "v1@kind2": 10})
    answers.counts                        # Counter({"v3@kind3": 1503, ...})
    answers[0].seen.headers["x-forwarded-client-cert"]

An answer with an error status counts as failed, unless the test is about just that: then look at `statuses`. All
times are seconds of time.monotonic(), which is the same for every process of the machine: note the moment of an
event with it, and ask for `since(event)`.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from lab.mesh import chi_square
from lab.mesh.seen import Seen

SIGNIFICANCE = 1e-5
"""Below which probability shares count as wrong: one false alarm in a hundred thousand checks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one request."""

    id: str
    """Unique; apps and mirrors got it in the header `x-lab-request`."""
    due: float
    """When it was to be sent."""
    start: float
    end: float
    status: int | None
    """None for TCP, and without an answer."""
    headers: Mapping[str, str]
    """Names in lower case."""
    text: str
    """The body, or the line of TCP; at most 64 KiB of it."""
    failure: str
    """Why there is no answer, e.g. `connect: Connection refused`; empty when there is one, whatever its status."""
    reused: bool
    """Whether its connection had carried another request before."""
    grpc: int | None = None
    """The status of gRPC; None for anything else, and where a proxy or app answered with none."""
    seen: Seen | None
    """What the app saw that answered; None when it was a proxy or nobody."""

    @property
    def reason(self) -> str:
        """Why it failed: `connect`, `reset`, `timeout`, `malformed`, `unsent`, `status 503`, `grpc 14`; else empty."""
        if self.failure:
            return self.failure.partition(":")[0]
        if self.grpc:
            return f"grpc {self.grpc}"
        return f"status {self.status}" if self.status is not None and self.status >= 400 else ""

    @property
    def seconds(self) -> float:
        """From the moment at which it was due, so that a late start counts as well."""
        return self.end - self.due

    @classmethod
    def parse(cls, told: Mapping[str, Any]) -> Answer:
        """From a line of the caller (lab.mesh.caller)."""
        try:
            seen = Seen.parse(json.loads(told["body"]))
        except ValueError:
            seen = None
        return cls(
            id=told["id"],
            due=told["due"],
            start=told["start"],
            end=told["end"],
            status=told["status"],
            headers=told["headers"],
            text=told["body"],
            failure=told["failure"],
            reused=told["reused"],
            grpc=told.get("grpc"),
            seen=seen,
        )


@dataclass(frozen=True, slots=True)
class Latency:
    """Of the answered requests, in seconds; 0 when there are none."""

    p50: float
    p99: float
    most: float


class Answers(Sequence[Answer]):
    """The answers to some requests, in the order in which those were due."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._answers = sorted(answers, key=lambda answer: answer.due)

    @property
    def counts(self) -> Counter[str]:
        """How many requests each `version@cluster` answered, with whatever status."""
        return Counter(answer.seen.where for answer in self if answer.seen)

    @property
    def workloads(self) -> Counter[str]:
        """How many each `workload@cluster` answered."""
        return Counter(f"{answer.seen.workload}@{answer.seen.cluster}" for answer in self if answer.seen)

    @property
    def shares(self) -> dict[str, float]:
        """`counts`, as parts of all that an app answered."""
        counts = self.counts
        return {where: count / counts.total() for where, count in counts.most_common()}

    @property
    def statuses(self) -> Counter[int]:
        """How often each status came."""
        return Counter(answer.status for answer in self if answer.status is not None)

    @property
    def failed(self) -> Answers:
        """Those without an answer, and those with a status of 400 or more, or one of gRPC but 0."""
        return Answers(answer for answer in self if answer.reason)

    @property
    def reasons(self) -> Counter[str]:
        """How often something failed, by `Answer.reason`."""
        return Counter(answer.reason for answer in self if answer.reason)

    @property
    def latency(self) -> Latency:
        """How long answers took, failed statuses included."""
        taken = sorted(answer.seconds for answer in self if not answer.failure)
        return Latency(_percentile(taken, 50), _percentile(taken, 99), _percentile(taken, 100))

    def of(self, where: str) -> Answers:
        """Those of one `version@cluster`."""
        return Answers(answer for answer in self if answer.seen and answer.seen.where == where)

    def since(self, event: float) -> Answers:
        """Those due at this moment or later."""
        return Answers(answer for answer in self if answer.due >= event)

    def before(self, event: float) -> Answers:
        """Those due earlier."""
        return Answers(answer for answer in self if answer.due < event)

    def last_failure_after(self, event: float) -> float | None:
        """Seconds from the event to the last moment at which a failed request was due; None if none was."""
        return max((answer.due - event for answer in self.failed.since(event)), default=None)

    def assert_all_answered(self, *, but: int = 0) -> None:
        """Raise AssertionError when there are no requests, or more than `but` of them failed."""
        if not self:
            raise AssertionError("no request was sent")
        if len(failed := self.failed) > but:
            allowed = f" (at most {but} may)" if but else ""
            raise AssertionError(f"{len(failed)} of {len(self)} requests failed{allowed}: {self.told_failures()}")

    def assert_shares(self, expected: Mapping[str, float], *, significance: float = SIGNIFICANCE) -> None:
        """Raise AssertionError when a request failed, or the counts do not agree with these weights.

        The weights are by `version@cluster` and need not sum to anything. Raises ValueError when there are
        too few requests to tell.
        """
        self.assert_all_answered()
        counts = self.counts
        if stray := sorted(set(counts) - {where for where, weight in expected.items() if weight}):
            told = ", ".join(f"{counts[where]} by {where}" for where in stray)
            raise AssertionError(f"{told}, where nothing was expected; {_told_shares(counts, expected)}")
        if (missing := len(self) - counts.total()) > 0:
            raise AssertionError(f"{missing} of {len(self)} requests were not answered by an app")
        if (probability := chi_square.p_value(counts, expected)) < significance:
            raise AssertionError(
                f"the shares of {len(self)} requests are not those expected "
                f"(chance {probability:.1g}): {_told_shares(counts, expected)}"
            )

    def told_failures(self, most: int = 5) -> str:
        """What failed, in a line: by reason, and when the first and last were due."""
        failed = self.failed
        if not failed:
            return "nothing failed"
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.reasons.most_common(most))
        begin = self[0].due
        first = failed[0]
        detail = first.failure or first.text.strip()[:200] or "no text"
        return (
            f"{reasons}; the first at {first.due - begin:.2f} s ({detail}), the last at {failed[-1].due - begin:.2f} s"
        )

    @overload
    def __getitem__(self, index: int) -> Answer: ...
    @overload
    def __getitem__(self, index: slice) -> Answers: ...
    def __getitem__(self, index: int | slice) -> Answer | Answers:
        return Answers(self._answers[index]) if isinstance(index, slice) else self._answers[index]

    def __len__(self) -> int:
        return len(self._answers)

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._answers)

    def __add__(self, other: Answers) -> Answers:
        return Answers([*self, *other])

    def __repr__(self) -> str:
        told = ", ".join(f"{count} {where}" for where, count in self.counts.most_common())
        failures = f"; {self.told_failures()}" if self.failed else ""
        return f"<{len(self)} requests: {told or 'no answer by an app'}{failures}>"


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """The nearest rank: the smallest value that so many percent do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


def _told_shares(counts: Mapping[str, int], expected: Mapping[str, float]) -> str:
    whole, requests = sum(expected.values()), sum(counts.values())
    return ", ".join(
        f"{where} {counts.get(where, 0) / requests:.1%} instead of {expected.get(where, 0) / whole:.1%}"
        for where in dict.fromkeys([*expected, *counts])
    )
