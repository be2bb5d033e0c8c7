"""Progress: a slow command becomes one line that counts while it runs and says how it ended.

On a terminal the line is rewritten in place; elsewhere, such as in CI, a new line every fifteen seconds shows
life.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tools.errors import ToolchainError

_POLL = 0.2
_BEAT_ON_TERMINAL = 1.0
_BEAT_ELSEWHERE = 15.0
_TAIL = 12
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


class Step:
    """One thing that is being made. It owns the line on the screen and the log of every command it runs."""

    def __init__(self, title: str, *, minutes: float, log: Path, stream: TextIO | None = None) -> None:
        self._title = title
        self._expected = print_minutes(minutes)
        self._log = log
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._started = time.monotonic()
        self._last_beat = self._started

    def __enter__(self) -> Step:
        self._log.write_bytes(b"")
        self.say(f"{self._title}, {self._expected}")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.say(f"{self._title}: {'interrupted' if kind is KeyboardInterrupt else 'failed'}", last=True)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._started

    def done(self, note: str) -> None:
        self.say(f"{self._title}: done in {self.elapsed:.0f} s{', ' + note if note else ''}", last=True)

    def run(self, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], advice: str = "") -> None:
        """Run to the end with all output in the log; a failure carries the end of that log and the advice.

        The command gets a session of its own: a Ctrl-C then reaches only us, and we end the whole group,
        compilers included.
        """
        process = None
        try:
            with _interrupts_held_back():
                process = self._start(command, cwd, env)
            while (code := self._wait(process)) is None:
                self._beat()
        except BaseException:
            if process:
                _end_group(process)
            raise
        if code != 0:
            raise ToolchainError(self._failure(command, code, advice))

    def _start(self, command: Sequence[str | Path], cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            log.write(f"$ {' '.join(map(str, command))}\n".encode())
            log.flush()
            return subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait(self, process: subprocess.Popen[bytes]) -> int | None:
        try:
            return process.wait(timeout=_POLL)
        except subprocess.TimeoutExpired:
            return None

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._last_beat < (_BEAT_ON_TERMINAL if self._terminal else _BEAT_ELSEWHERE):
            return
        self._last_beat = now
        self.say(f"{self._title}, {self._expected}: {print_elapsed(self.elapsed)}")

    def say(self, text: str, *, last: bool = False) -> None:
        if self._terminal:
            # A line that wraps cannot be rewritten in place.
            shown = text if last else text[: shutil.get_terminal_size().columns - 1]
            self._stream.write(f"\r\x1b[K{shown}" + ("\n" if last else ""))
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()

    def _failure(self, command: Sequence[str | Path], code: int, advice: str) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        end = "".join([f"\n    {line}" for line in lines if not line.startswith("$ ")][-_TAIL:])
        return f"`{Path(command[0]).name}` ended with {code}:{end}\n  the whole log: {self._log}" + (
            f"\n  {advice}" if advice else ""
        )


def print_minutes(minutes: float) -> str:
    return f"about {minutes:.0f} min" if minutes >= 1 else f"about {minutes * 60:.0f} s"


def print_elapsed(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def print_size(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let an interrupt wait for the end of the block: one that came while a process starts would leave it running."""
    if threading.current_thread() is not threading.main_thread():  # Python interrupts no other
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in _INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for interrupt in came:
            signal.raise_signal(interrupt)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=5)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        return
