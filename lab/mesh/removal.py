"""Removing network namespaces, with whatever still runs in them and their files in /etc/netns.

Names decide, not records: it works after a crash at any point, and with parts missing. Standard library only,
since the guard does it too (lab.guard); without root it does nothing where there is nothing to remove.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lab import procfs
from lab.errors import LabError
from lab.mesh import links
from lab.mesh.namespace import NAMED
from lab.mesh.wiring import hub
from lab.process import end_matching

FILES = Path("/etc/netns")
"""Holds one folder per namespace; `ip netns exec` puts the files in it over those of /etc."""


def remove(prefix: str) -> int:
    """Remove every namespace whose name is `prefix`, a hyphen and more; returns how many there were.

    Processes that run in them are killed. May be repeated. Raises LabError when one does not go.
    """
    namespaces = existing(prefix)
    _remove(namespaces)
    for folder in FILES.glob(f"{prefix}-*"):  # of namespaces that somebody deleted by hand
        _remove_files(folder)
    return len(namespaces)


def remove_namespace(namespace: str) -> None:
    """Remove this one and its place in the network; nothing happens when it does not exist."""
    if (NAMED / namespace).exists():
        _remove([namespace])
        # The kernel takes its interfaces away some time later, and one made meanwhile could not have their names.
        links.run(links.unplug(namespace), hub(namespace), force=True)


def existing(prefix: str) -> list[str]:
    """The names that are `prefix`, a hyphen and more, sorted."""
    return sorted(path.name for path in NAMED.glob(f"{prefix}-*"))


def _remove(namespaces: list[str]) -> None:
    if not namespaces:
        return
    _end_processes(namespaces)
    # One that is gone already is not to stop the others.
    links.run([f"netns del {namespace}" for namespace in namespaces], force=True)
    for namespace in namespaces:
        if (NAMED / namespace).exists():
            raise LabError(
                f"cannot remove the network namespace {namespace}",
                advice="Only root can; run the same command as root.",
            )
        _remove_files(FILES / namespace)


def _end_processes(namespaces: Iterable[str]) -> None:
    networks: set[tuple[int, int] | None] = set()
    for namespace in namespaces:
        with suppress(FileNotFoundError):
            seen = (NAMED / namespace).stat()
            networks.add((seen.st_dev, seen.st_ino))
    # Cannot be among them, unless somebody gave the machine's own namespace such a name.
    networks.discard(procfs.network(os.getpid()))
    end_matching(lambda pid: procfs.network(pid) in networks)


def _remove_files(folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
