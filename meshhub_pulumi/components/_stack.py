"""How much of the program's stack Pulumi stores with a resource."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

COMPONENT = 5
CUSTOM_RESOURCE = 6
"""The SDK's own frames, between the line that makes such a resource and the place where it looks at the stack."""


@contextmanager
def short_stacks(limit: int) -> Iterator[None]:
    """Let the SDK see the innermost `limit` frames when it stores the stack of the resources made inside.

    The SDK sends the whole stack down to the interpreter's start with each resource, and the engine keeps it: about
    1.4 kB, a third of what it stores of a small object, in a state that it writes whole at every step. The frames of
    the user's program and of this library say all there is to say; those of the language host below them do not.
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
