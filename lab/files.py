"""Writing a file so that a reader, or the next run after a crash, sees all of it or the one before."""

from __future__ import annotations

import os
from pathlib import Path

UNFINISHED = ".new"
"""Suffix of a file that is being written; such a file may be left by a crash and is worth nothing."""


def write(path: Path, content: str | bytes) -> None:
    """Replace `path` by `content`, readable and writable by its owner only."""
    unfinished = path.with_name(path.name + UNFINISHED)
    data = content.encode() if isinstance(content, str) else content
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    unfinished.replace(path)
