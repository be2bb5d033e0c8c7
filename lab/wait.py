"""Waiting for a step: poll, give up early when a process it needs has died, and say what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from threading import Event

from lab.errors import LabError
from lab.process import Process

EVERY = 0.05
"""Seconds between two looks."""


class GivenUpError(LabError):
    """The wait was ended because another part of the same start had failed."""


def until(
    step: str,
    unready: Callable[[], str],
    *,
    needs: Iterable[Process] = (),
    limit: float = 60.0,
    given_up: Event | None = None,
) -> None:
    """Return as soon as `unready()` is empty; until then it is what the step is waiting for, in a few words.

    Raises LabError, with the log's end of the process concerned, when a process of `needs` ends (at once) or
    after `limit` seconds; raises GivenUpError when `given_up` is set meanwhile.
    """
    needs = list(needs)
    deadline = time.monotonic() + limit
    while reason := unready():
        for process in needs:
            if ending := process.ending():
                raise LabError(f"{step}: {process.program} {ending}", tail=process.tail())
        if given_up is not None and given_up.is_set():
            raise GivenUpError(f"{step}: given up")
        if time.monotonic() > deadline:
            raise LabError(
                f"{step}: not ready after {limit:.0f} s ({reason})",
                tail=needs[-1].tail() if needs else "",
            )
        time.sleep(EVERY)
