"""A maker: what any recipe comes down to, so that the cache need not know the kinds of recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.progress import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    words: tuple[str, ...]
    """All of the recipe that is not in a file; with `files` it decides whether an entry is the same one."""
    files: tuple[Path, ...]
    check: Callable[[], None]
    """Raise if something that making needs is not on this machine."""
    make: Callable[[Path, Step], None]
    """Fill an empty folder."""
    program: str
    """Where the executable lies in that folder, as a glob that matches one file."""
