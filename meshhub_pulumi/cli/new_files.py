"""New files: what is written once belongs to its reader from then on, so nothing that is there is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from meshhub_pulumi.cli.file import holds, write
from meshhub_pulumi.readers.error import InputError


def write_new(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write all files by their names, or none and raise `InputError` if one is there with another content."""
    try:
        for name, content in sorted(files.items()):
            place = folder / name
            if (place.exists() or place.is_symlink()) and not holds(place, content):
                raise InputError(f"{place}: exists with another content; remove it, or name another folder")
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in sorted(files.items()):
            write(folder / name, content)
    except OSError as error:
        raise InputError(f"{error.filename or folder}: cannot be written: {error.strerror}; check the folder") from None
