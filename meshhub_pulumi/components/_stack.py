"""How much of the program's stack Pulumi stores with a resource."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

POLICY = 7
"""The frames from the place where the SDK looks at the stack up to the user's line, that included."""

OBJECT = 6
"""The frames of the SDK alone: of the rest, which is this library's and above it the mesh's own, nothing is stored."""


@contextmanager
def short_stacks(limit: int) -> Iterator[None]:
    """Let the SDK see the innermost `limit` frames when it stores the stack of the resources made inside.

    The SDK sends the whole stack down to the interpreter's start with each resource, and the engine keeps it: about
    1.4 kB, a third of what it stores of a small object, in a state that it writes whole at every step. A policy's
    user wants the line of the program. For an object there is none of its own: it is made by the mesh, whose line is
    stored with the mesh, out of policies that have theirs.
    (`sys.tracebacklimit` is the interpreter's own setting for it. Nothing may be awaited inside.)
    """
    before = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = limit
    try:
        yield
    finally:
        if before is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before
