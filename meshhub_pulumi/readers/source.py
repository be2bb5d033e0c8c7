"""Sources: the inputs that a user names become texts, in order and each once.

A file is itself, `-` is standard input, a folder is every YAML and JSON file below it (without hidden files, and
without folders that `meshhub render --out` wrote).
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from meshhub_pulumi.readers.error import InputError
from meshhub_pulumi.report.tree import LIST

STDIN = "-"
SUFFIXES = frozenset({".yaml", ".yml", ".json"})

_LARGEST = 256 * 1024 * 1024


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """One text, and the name that findings call it by."""

    name: str
    text: str


def files_below(folder: Path) -> list[Path]:
    """Every YAML and JSON file below a folder, sorted by path; links to folders are not followed."""
    found = []
    for root, folders, files in os.walk(folder, onerror=_unreadable):
        folders[:] = [name for name in folders if not name.startswith(".") and not _is_rendered(Path(root, name))]
        found += [_regular(Path(root, name)) for name in files if _is_document(name)]
    if not found:
        raise InputError(f"{folder}: holds no *.yaml, *.yml or *.json file; name a folder that does")
    return sorted(found)


def _is_rendered(folder: Path) -> bool:
    return os.path.exists(folder / LIST)  # noqa: PTH110 (Path.exists may raise)


def _is_document(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def _regular(path: Path) -> Path:
    """The path, unless nobody may ever write to what it leads to: reading a pipe would wait for that."""
    with suppress(OSError):  # told by whoever opens it
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise InputError(f"{path}: is no regular file; remove it, or name another folder")
    return path


def _unreadable(error: OSError) -> None:
    raise InputError(f"{error.filename}: cannot be read: {error.strerror}; check its permissions")


def read_source(path: Path) -> Source:
    """The text of one file."""
    try:
        with path.open("rb") as file:
            return _source(str(path), file)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {_reason(error, path)}") from None


def _reason(error: OSError, path: Path) -> str:
    if isinstance(error, FileNotFoundError):
        link = "a link to a file that does not exist" if path.is_symlink() else "no such file or folder"
        return f"{link}; check the path"
    return f"{error.strerror}; check the path and its permissions"


def read_stdin() -> Source:
    """The text that standard input holds."""
    if sys.stdin is None:
        raise InputError("<stdin>: cannot be read: it is closed; name a file")
    try:
        return _source("<stdin>", sys.stdin.buffer)
    except OSError as error:
        raise InputError(f"<stdin>: cannot be read: {error.strerror}; name a file") from None


def _source(name: str, file: BinaryIO) -> Source:
    content = file.read(_LARGEST + 1)  # a device could be read for ever
    if len(content) > _LARGEST:
        raise InputError(f"{name}: is larger than {_LARGEST // 1024**2} MB; split it")
    return Source(name, _decoded(content, name))


def _decoded(content: bytes, name: str) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}:{line}: is not text in UTF-8; name a YAML file, or save it as UTF-8") from None


def each_once(paths: Iterator[Path]) -> Iterator[Path]:
    """The paths without those that lead to a file that came before."""
    seen: set[str] = set()
    for path in paths:
        # unlike Path.resolve, this leaves a loop of links to whoever opens the file
        if (real := os.path.realpath(path)) not in seen:
            seen.add(real)
            yield path
