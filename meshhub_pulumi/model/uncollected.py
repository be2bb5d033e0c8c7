"""Uncollected: large structures are built without the search for cycles.

Python looks for cycles whenever many objects have come, and walks everything that exists to find them. A compile, or
the reading of documents, makes many objects and hardly a cycle: with a large mesh that search was a third of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles inside; afterwards it is as it was."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
