"""A bundle: programs of several entries become one folder, as if one package had installed them.

Pulumi looks for its language host beside itself, and warns on every command about one that it only finds
on PATH.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from shutil import copy2

from tools import cache


def bundle(members: Sequence[Path]) -> Path:
    """A folder of the cache where all members stand side by side; the first is the one that looks around."""
    entry = f"bundle-{cache.fingerprint([str(member) for member in members], [])}"
    folder = cache.root() / entry
    if not folder.is_dir():
        with cache.locked(entry, on_wait=lambda: None):
            if not folder.is_dir():
                with cache.making(entry) as partial:
                    _fill(partial, members)
    return folder


def _fill(folder: Path, members: Sequence[Path]) -> None:
    first, *others = members
    # Not a symbolic link: Pulumi resolves that and then looks in the folder that it points to.
    try:
        os.link(first, folder / first.name)
    except OSError:
        copy2(first, folder / first.name)
    for member in others:
        (folder / member.name).symlink_to(member)
