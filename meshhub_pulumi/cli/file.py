"""File: a content is put in its place at once, so that nobody ever finds half of it there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_PARTIAL = ".partial"


def holds(place: Path, content: bytes) -> bool:
    """Whether the place is a file with this content."""
    return place.is_file() and not place.is_symlink() and place.read_bytes() == content


def write(place: Path, content: bytes) -> None:
    """Put the content in place at once; an unchanged file keeps its time."""
    if holds(place, content):
        return
    place.parent.mkdir(exist_ok=True)
    partial = place.with_name(f".{place.name}{_PARTIAL}")
    try:
        with suppress(FileNotFoundError):
            partial.unlink()
        with partial.open("xb") as file:
            file.write(content)
        partial.replace(place)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise
