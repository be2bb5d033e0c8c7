"""What a rehearsal leaves behind in the process that runs it."""

from __future__ import annotations

import asyncio
import gc

from pulumi_kubernetes.core.v1 import ConfigMap

from meshhub_pulumi.testing import rehearse


def open_loops() -> set[int]:
    """The event loops that nobody has closed."""
    return {id(x) for x in gc.get_objects() if isinstance(x, asyncio.BaseEventLoop) and not x.is_closed()}


def test_no_event_loop_stays_open() -> None:
    """Neither the program's nor those of the threads in which the mocks answer."""
    before = open_loops()
    assert rehearse(lambda: ConfigMap("one")).of_type("kubernetes:core/v1:ConfigMap")
    assert open_loops() <= before
