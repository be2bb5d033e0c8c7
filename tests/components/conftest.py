"""What programs that failed under mocks leave behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _unread_errors_end_here() -> Iterator[None]:
    """Collect what a failed program's event loop left, before other tests parse Python in the same process.

    asyncio logs an error that nobody read when it is collected, and the traceback in that log is made by parsing. In
    the middle of another parse CPython 3.11 takes that for an error ("AST constructor recursion depth mismatch").
    """
    yield
    gc.collect()
