"""Starting a program as a process of the lab, finding it again from any other command, and ending it.

A process of the lab leads its own session, reads from /dev/null, writes to one log file, and has an
environment built from scratch that carries the lab's mark. It is found again by two independent ways: its
record (written by itself before the program runs, see `lab.launch`), which holds pid, start time and boot;
and the mark, for what a program started in turn and for records that somebody deleted. Nothing is ever
chosen by a program's name.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lab import launch, procfs
from lab.errors import LabError
from lab.folder import LabFolder

MARK = "MESHHUB_LAB_FOLDER"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to be started."""

    cluster: str
    program: str
    """What the user calls it: `etcd`, `kube-apiserver`, ..."""
    argv: tuple[str, ...]
    """The real binary's path first: a wrapper script would hide the pid and swallow signals."""
    folder: Path
    """Working directory, and the place of HOME and temporary files."""
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to PATH, HOME, TMPDIR and the mark; nothing else of our own environment is handed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process of the lab, running or ended."""

    cluster: str
    program: str
    pid: int
    start: int
    boot: str
    log: Path

    def is_alive(self) -> bool:
        """Whether this very process runs: same pid, same start time, same boot."""
        seen = self._seen()
        return seen is not None and not seen.has_ended

    def ending(self) -> str:
        """How it ended, as the end of a sentence; empty while it runs."""
        seen = self._seen()
        if seen is None:
            return "ended"
        return _reap(self.pid) if seen.has_ended else ""

    def _seen(self) -> procfs.Seen | None:
        seen = procfs.look(self.pid)
        return seen if seen and seen.start == self.start and self.boot == procfs.boot() else None

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log, under a line that names the file."""
        return log_tail(self.log, lines)


def spawn(command: Command, lab: LabFolder) -> Process:
    """Start the program; it is on record before its first instruction, and when this returns.

    So whoever ends what is on record misses nothing that has been started. Returns when the process has
    become the program or failed to, not when it is ready.
    """
    temporary = command.folder / "tmp"
    temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
    command.log.parent.mkdir(mode=0o700, exist_ok=True)
    if command.log.exists():
        command.log.replace(command.log.with_suffix(".previous.log"))
    about = {"cluster": command.cluster, "program": command.program, "log": str(command.log)}
    order = {
        "starter": os.getpid(),
        "record": str(_record(lab, command.cluster, command.program)),
        "folder": str(command.folder),
        "about": about,
    }
    environment = {
        "PATH": PATH,
        "HOME": str(command.folder),
        "TMPDIR": str(temporary),
        **command.environment,
        MARK: str(lab.path),
    }
    pid = _launch([json.dumps(order), *command.argv], environment, command.log)
    seen = procfs.look(pid)
    assert seen is not None, "a child exists until its parent waited for it"
    return Process(
        cluster=command.cluster,
        program=command.program,
        pid=pid,
        start=seen.start,
        boot=procfs.boot(),
        log=command.log,
    )


def _launch(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
    """Start `lab.launch` in a session of its own and wait until it has become the program; returns its pid."""
    launched, held = os.pipe()
    try:
        try:
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", launch.__file__, *arguments],
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, held, 3),  # first, since `held` may be one of the next three
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                ],
                setsid=True,
                setsigmask=[],
            )
        finally:
            os.close(held)
        # Nothing is ever written: this is the end of the pipe, when the launch closes descriptor 3 or ends.
        os.read(launched, 1)
    finally:
        os.close(launched)
    return pid


def recorded(lab: LabFolder, cluster: str | None = None) -> list[Process]:
    """The processes on record, of one cluster or of all, whether they still run or not; sorted by name."""
    read = [_read(path) for path in sorted(lab.processes.glob(f"{cluster or '*'}.*.json"))]
    return [process for process in read if process and cluster in (None, process.cluster)]


def on_record(lab: LabFolder, cluster: str, program: str) -> Process | None:
    """The process of this program, whether it still runs or not; None where there is no record of it."""
    return _read(_record(lab, cluster, program))


def forget(lab: LabFolder, processes: Iterable[Process]) -> None:
    """Remove the records of these processes, which must have ended; that of one started since stays."""
    for process in processes:
        if on_record(lab, process.cluster, process.program) == process:
            _record(lab, process.cluster, process.program).unlink(missing_ok=True)


def end(processes: Iterable[Process], *, limit: float = 10.0) -> int:
    """Kill these processes with their groups and wait until they are gone; returns how many were running.

    Every one leads its own session, so its group holds nothing that it did not start. Raises LabError when
    anything of it survives `limit` seconds.
    """
    running = [process for process in processes if process.is_alive()]
    for process in running:
        _signal_group(process.pid, signal.SIGKILL)
    _await_end(running, limit)
    return len(running)


def end_gently(process: Process, *, limit: float = 3.0) -> None:
    """Ask the process to end, kill it if it has not after `limit` seconds, and wait until it is gone."""
    if process.is_alive():
        _signal_group(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + limit
        while process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
    end([process])
    process.ending()


def end_marked(lab: LabFolder, *, limit: float = 10.0) -> int:
    """Kill whatever still carries this lab's mark, on record or not; returns how many there were."""
    return end_matching(lambda pid: procfs.carries(pid, MARK, str(lab.path)), limit=limit)


def end_matching(belongs: Callable[[int], bool], *, limit: float = 10.0) -> int:
    """Kill the processes for which `belongs` holds until there are none; returns how many there were.

    Raises LabError when one survives `limit` seconds.
    """
    ended = set()
    deadline = time.monotonic() + limit
    while found := procfs.matching(belongs):
        for pid in found:
            _kill_if(pid, belongs)
        ended.update(found)
        if time.monotonic() > deadline:
            raise LabError(f"processes {sorted(found)} of the lab do not end although they were killed")
        time.sleep(0.02)
    return len(ended)


def log_tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, under a line that names the file; empty when there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join([f"--- {log}", *text.splitlines()[-lines:]])


def _read(path: Path) -> Process | None:
    # not there (any more), or not written by us and so not a record
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        record = json.loads(path.read_bytes())
        return Process(**{**record, "log": Path(record["log"])})
    return None


def _record(lab: LabFolder, cluster: str, program: str) -> Path:
    return lab.processes / f"{cluster}.{program}.json"


def _signal_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:  # between its start and its setsid
            os.kill(pid, number)


def _kill_if(pid: int, belongs: Callable[[int], bool]) -> None:
    """Kill the process if it is one of them still; unlike a pid, a descriptor keeps to its process."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if belongs(pid):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    finally:
        os.close(descriptor)


def _await_end(processes: Iterable[Process], limit: float) -> None:
    deadline = time.monotonic() + limit
    for process in processes:
        while process.is_alive() or procfs.members(process.pid):
            if time.monotonic() > deadline:
                raise LabError(
                    f"{process.program} of {process.cluster} (pid {process.pid}) does not end although killed"
                )
            time.sleep(0.01)
        process.ending()


def _reap(pid: int) -> str:
    """Take the exit status of an ended child of ours, so that it does not stay a zombie."""
    try:
        _, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # not our child, or another thread was faster
        return "ended"
    code = os.waitstatus_to_exitcode(status)
    return f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
