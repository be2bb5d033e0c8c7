"""Aside: what a program prints goes to standard error, since standard output is for what its reader makes of it."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress

_STDOUT, _STDERR = 1, 2


@contextmanager
def printing_aside() -> Iterator[None]:
    """What is printed goes to standard error: by Python, by the processes it starts, and by either when all is over."""
    _flush()
    kept = None
    with suppress(OSError):  # it is closed
        kept = os.dup(_STDOUT)
    _turn_aside()
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _flush()
        if kept is not None:
            os.dup2(kept, _STDOUT)
            os.close(kept)
        # last in, first out: this is done before what the program wants done at the end
        atexit.unregister(_end_aside)
        atexit.register(_end_aside)


def _turn_aside() -> None:
    try:
        os.dup2(_STDERR, _STDOUT)
    except OSError:  # it is closed, so that nobody wants to know
        os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)


def _end_aside() -> None:
    _flush()
    _turn_aside()
    sys.stdout = sys.stderr


def _flush() -> None:
    """Send off what has been printed: later it would go where the descriptor leads then."""
    for stream in filter(None, (sys.stdout, sys.__stdout__)):
        with suppress(OSError, ValueError):  # it is full, or closed
            stream.flush()
