"""What Linux says about processes: which process a pid is now, its memory, its mark, and its network.

A pid alone names nothing, since it is used again; a pid together with its start time and the boot it was seen
in names one process for ever.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


@cache
def boot() -> str:
    """The id that Linux chose when this machine last booted."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


class Seen(NamedTuple):
    """One look at a process."""

    start: int
    """When it began, in clock ticks since boot."""
    has_ended: bool
    """Whether it is a zombie: nothing of it runs any more, but its parent has not waited for it yet."""


def look(pid: int) -> Seen | None:
    """The process that has this pid now; None when there is none."""
    try:
        line = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The second field is the program's name in parentheses and may itself contain blanks and parentheses.
    fields = line[line.rindex(")") + 2 :].split()
    state, threads, start = fields[0], int(fields[17]), int(fields[19])
    # A killed process is called a zombie as soon as its first thread has ended. Its ports and files are free
    # only when the others have too.
    return Seen(start, has_ended=state in "ZX" and threads <= 1)


def members(group: int) -> list[int]:
    """Pids of the processes of a process group that still run; none when there is no such group."""
    return matching(lambda pid: _group(pid) == group)


def resident_bytes(pid: int) -> int:
    """Memory of the process in RAM; 0 when there is no such process."""
    try:
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def matching(belongs: Callable[[int], bool]) -> list[int]:
    """Pids of the processes for which `belongs` holds, except ourselves."""
    own = os.getpid()
    pids = [int(entry.name) for entry in os.scandir(PROC) if entry.name.isdecimal()]
    return [pid for pid in pids if pid != own and belongs(pid)]


def carriers(variable: str, value: str) -> list[int]:
    """Pids of the processes that were started with exactly this environment variable, except ourselves."""
    return matching(lambda pid: carries(pid, variable, value))


def carries(pid: int, variable: str, value: str) -> bool:
    """Whether the process was started with exactly this environment variable and is in our pid namespace.

    The namespace counts because a container on this machine may run a lab in a folder of the same name, and
    its processes are not ours.
    """
    if f"{variable}={value}".encode() not in _environment(pid).split(b"\0"):
        return False
    return _pid_namespace(pid) == _pid_namespace(os.getpid())


def network(pid: int) -> tuple[int, int] | None:
    """Device and inode of its network namespace, as `os.stat` tells them; None when it cannot be told."""
    try:
        seen = (PROC / str(pid) / "ns/net").stat()
    except OSError:  # ended meanwhile, or another user's
        return None
    return seen.st_dev, seen.st_ino


def _group(pid: int) -> int | None:
    """The process group of a process that runs."""
    try:
        line = (PROC / str(pid) / "stat").read_text()
    except OSError:  # ended meanwhile
        return None
    state, _, group = line[line.rindex(")") + 2 :].split()[:3]
    return None if state in "ZX" else int(group)


def _environment(pid: int) -> bytes:
    try:
        return (PROC / str(pid) / "environ").read_bytes()
    except OSError:  # ended meanwhile, or another user's
        return b""


def _pid_namespace(pid: int) -> str:
    try:
        return str((PROC / str(pid) / "ns/pid").readlink())
    except OSError:
        return ""
