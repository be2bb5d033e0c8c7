"""Output: text to standard output and standard error, in colour on a terminal only."""

from __future__ import annotations

import sys
from contextlib import suppress

from rich.console import Console, RenderableType

_WIDE = 4096
"""Columns of what is no terminal: tables are not folded there."""


class PipeClosedError(Exception):
    """Whoever reads standard output has stopped; click and rich would end with the exit code of findings."""


def put(text: str) -> None:
    """Write to standard output."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise PipeClosedError from None


def show(what: RenderableType) -> None:
    """Write something with styles to standard output."""
    put(_rendered(what, Console(soft_wrap=True, highlight=False)))


def tell(what: RenderableType) -> None:
    """Write something with styles to standard error; nobody has to listen."""
    with suppress(BrokenPipeError):
        sys.stderr.write(_rendered(what, Console(stderr=True, soft_wrap=True, highlight=False)))
        sys.stderr.flush()


def _rendered(what: RenderableType, console: Console) -> str:
    if not console.is_terminal:
        console.width = _WIDE
    with console.capture() as captured:
        console.print(what, end="")
    return captured.get()
