"""The cache: a program and a fingerprint of its recipe become one folder, made whole or not at all.

Layout under the cache's root, which lies outside the checkout:

    <program>-<version>-<fingerprint>/   one entry; its presence means it is complete
    partial/                             entries being made, renamed into place when done
    locks/, logs/                        one file per entry
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def root() -> Path:
    """`$MESHHUB_CACHE`, else a folder of ours where the desktop standard keeps caches."""
    if own := os.environ.get("MESHHUB_CACHE"):
        return Path(own).expanduser().absolute()
    standard = os.environ.get("XDG_CACHE_HOME")
    return (Path(standard).expanduser().absolute() if standard else Path.home() / ".cache") / "meshhub"


def fingerprint(words: Iterable[str], files: Iterable[Path]) -> str:
    """Changes with every word and every file's name and content, so that a changed recipe is a new entry."""
    digest = hashlib.sha256()
    for word in (platform.system(), platform.machine(), *words):
        digest.update(f"{len(word)}:{word};".encode())
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.name}:{len(content)};".encode() + content)
    return digest.hexdigest()[:12]


def log_path(entry: str) -> Path:
    path = root() / "logs" / f"{entry}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def locked(entry: str, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the entry's lock; `on_wait` is told if another process has it. The kernel drops it if we die."""
    path = root() / "locks" / f"{entry}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def making(entry: str) -> Iterator[Path]:
    """An empty folder that becomes the entry when the block ends well, and is removed when it does not.

    Called with the entry's lock held: that is why the folder's name need not be unique, and why a leftover of
    a run that was killed may be thrown away.
    """
    partial = root() / "partial" / entry
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.rename(root() / entry)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
