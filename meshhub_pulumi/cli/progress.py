"""Progress: what is being done, shown on a terminal once it takes longer than a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Protocol

from rich.console import Console

_PATIENCE_SECONDS = 1.0


class Progress(Protocol):
    """Where the steps of a verb are told."""

    def now(self, step: str) -> None:
        """This is done from now on."""


class _Silent:
    def now(self, step: str) -> None:
        """Say nothing."""


class _Shown:
    def __init__(self, console: Console) -> None:
        self._status = console.status("")

    def start(self) -> None:
        self._status.start()

    def stop(self) -> None:
        self._status.stop()

    def now(self, step: str) -> None:
        """Show the step."""
        self._status.update(f"{step} ...")


@contextmanager
def progress() -> Iterator[Progress]:
    """Steps told inside are shown on standard error, if that is a terminal and somebody has to wait."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Silent()
        return
    shown = _Shown(console)
    timer = Timer(_PATIENCE_SECONDS, shown.start)
    timer.daemon = True
    timer.start()
    try:
        yield shown
    finally:
        timer.cancel()
        timer.join()
        shown.stop()
