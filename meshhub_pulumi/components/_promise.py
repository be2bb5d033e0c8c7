"""An Output that is there before its value."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi


class Promise:
    """A value that a program can use already, and learns later.

    Whoever makes one keeps it, or leaves it unknown: the end of the program waits for it.
    """

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[Any]] = []

    def output(self) -> pulumi.Output[Any]:
        """The value, as soon as it is there."""
        self._waiting.append(asyncio.get_event_loop().create_future())
        return pulumi.Output.from_input(self._waiting[-1])

    def keep(self, value: Any) -> None:
        """Give the value; only the first one counts."""
        for future in self._waiting:
            if not future.done():
                future.set_result(value)

    def leave_unknown(self) -> None:
        """Say that there will be none: what depends on it is not computed, as with any unknown of a preview."""
        self.keep(pulumi.output.UNKNOWN)
