"""Output: text to standard output and standard error, in colour on a terminal only."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from io import StringIO
from typing import TextIO

from rich.console import Console, RenderableType

from meshhub_pulumi.readers.error import InputError

_WIDE = 4096
"""Columns of what is no terminal: tables are not folded there."""


class PipeClosedError(Exception):
    """Whoever reads standard output has stopped; click and rich would end with the exit code of findings."""


def put(text: str) -> None:
    """Write to standard output."""
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        raise PipeClosedError from None
    except OSError as error:
        raise InputError(f"standard output cannot be written: {error.strerror}; send it elsewhere") from None


def show(what: RenderableType) -> None:
    """Write something with styles to standard output."""
    put(_rendered(what, Console(soft_wrap=True, highlight=False)))


def tell(what: RenderableType) -> None:
    """Write something with styles to standard error."""
    complain(_rendered(what, Console(stderr=True, soft_wrap=True, highlight=False)))


def complain(text: str) -> None:
    """Write to standard error; nobody has to listen."""
    with suppress(OSError):
        _write(sys.stderr, text)


def _write(stream: TextIO | None, text: str) -> None:
    if not text:
        return
    if stream is None:
        raise OSError(errno.EBADF, "it is closed")
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        # the interpreter flushes once more at its end, and would complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise


def _rendered(what: RenderableType, console: Console) -> str:
    if not console.is_terminal:
        console.width = _WIDE
    # not captured: rich ends that by writing nothing to the stream, which may fail
    console.file = rendered = StringIO()
    console.print(what, end="")
    return rendered.getvalue()
