"""Folder: rendered files are written so that the folder holds exactly what was rendered, and nothing foreign suffers.

`.meshhub-files` lists the files that are ours, one path per line. It is written before the first file and once more
after the last, so an interrupted run forgets none of them. Each file is written beside its place and then moved, so
none is ever half there. A file that is not listed is never removed, and never replaced by another content; nothing is
written through a link that leads out of the folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from meshhub_pulumi.cli.file import holds, write
from meshhub_pulumi.readers.error import InputError
from meshhub_pulumi.report.tree import LIST

_OURS = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*/[A-Za-z0-9_-][A-Za-z0-9._-]*\.yaml\Z")


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make the folder hold these files, by paths of the form `<cluster>/<file>`; raises `InputError` if it cannot."""
    try:
        listed = _listed(folder)
        for path in sorted({*files, *listed}):
            _check_inside(folder, path)
        _check_foreign(folder, files, listed)
        folder.mkdir(parents=True, exist_ok=True)
        _list(folder, {*files, *listed})
        for path, content in sorted(files.items()):
            write(folder / path, content)
        for path in sorted(listed - files.keys()):
            _remove(folder, path)
        _list(folder, files)
    except OSError as error:
        raise InputError(f"{error.filename or folder}: cannot be written: {error.strerror}; check the folder") from None


def _listed(folder: Path) -> set[str]:
    """The files that an earlier run wrote; lines that no run writes are not believed."""
    place = folder / LIST
    if not place.exists():
        return set()
    if not place.is_file():
        raise InputError(f"{place}: is no regular file; remove it, or name another folder")
    lines = place.read_text(encoding="utf-8", errors="replace").splitlines()
    return {line for line in lines if _OURS.match(line)}


def _check_inside(folder: Path, path: str) -> None:
    parent = (folder / path).parent
    # unlike Path.resolve, this leaves a loop of links to whoever makes the folder
    if parent.is_symlink() and not Path(os.path.realpath(parent)).is_relative_to(os.path.realpath(folder)):
        raise InputError(f"{parent}: is a link that leads out of {folder}; remove it, or name another folder")


def _check_foreign(folder: Path, files: Mapping[str, bytes], listed: Iterable[str]) -> None:
    for path in sorted(files.keys() - set(listed)):
        place = folder / path
        if (place.exists() or place.is_symlink()) and not holds(place, files[path]):
            raise InputError(f"{place}: exists and was not written by meshhub; remove it, or name another folder")


def _remove(folder: Path, path: str) -> None:
    place = folder / path
    with suppress(FileNotFoundError):
        place.unlink()
    with suppress(OSError):  # it still holds something
        place.parent.rmdir()


def _list(folder: Path, paths: Iterable[str]) -> None:
    write(folder / LIST, "".join(f"{path}\n" for path in sorted(paths)).encode())
