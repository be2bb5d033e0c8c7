"""What a user sees while something is made."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import progress
from tools.errors import ToolchainError
from tools.progress import Step, print_elapsed, print_minutes, print_size


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def step(stream: io.StringIO, tmp_path: Path) -> Step:
    return Step("building etcd 3.5.1 (not on PATH)", minutes=4, log=tmp_path / "log", stream=stream)


def run(made: Step, code: str, tmp_path: Path) -> None:
    made.run([sys.executable, "-c", code], cwd=tmp_path, env={})


def test_an_interrupt_while_a_command_starts_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes when the command runs already and nobody knows its pid yet."""
    started = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self.pid)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt), step(io.StringIO(), tmp_path) as made:
        run(made, "import time; time.sleep(60)", tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_on_a_terminal_one_line_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is rewritten in place and ended once."""
    monkeypatch.setattr(progress, "_POLL", 0.05)
    monkeypatch.setattr(progress, "_BEAT_ON_TERMINAL", 0.1)
    stream = Terminal()
    with step(stream, tmp_path) as made:
        run(made, "import time; time.sleep(0.5)", tmp_path)
        made.done("80 MB")
    first, *beats, last = stream.getvalue().split("\r\x1b[K")[1:]
    assert first == "building etcd 3.5.1 (not on PATH), about 4 min"
    assert set(beats) == {"building etcd 3.5.1 (not on PATH), about 4 min: 0:00"}
    assert last.startswith("building etcd 3.5.1 (not on PATH): done in ")
    assert last.endswith("80 MB\n")


def test_elsewhere_a_line_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without control characters."""
    monkeypatch.setattr(progress, "_BEAT_ELSEWHERE", 0.1)
    stream = io.StringIO()
    with step(stream, tmp_path) as made:
        run(made, "import time; time.sleep(0.5)", tmp_path)
        made.done("")
    lines = stream.getvalue().splitlines()
    assert len(lines) > 2
    assert "\x1b" not in stream.getvalue()


def test_long_line_is_cut_while_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that wraps could not be rewritten; the last one may wrap."""
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    with step(stream, tmp_path) as made:
        made.done("80 MB")
    first, last = stream.getvalue().split("\r\x1b[K")[1:]
    assert first == "building etcd 3.5.1"
    assert len(last) > 20


@pytest.mark.parametrize(("kind", "word"), [(ToolchainError, "failed"), (KeyboardInterrupt, "interrupted")])
def test_bad_end_is_said(tmp_path: Path, kind: type[BaseException], word: str) -> None:
    """The line does not just stop."""
    stream = io.StringIO()
    with pytest.raises(kind), step(stream, tmp_path):
        raise kind
    assert stream.getvalue().splitlines()[-1] == f"building etcd 3.5.1 (not on PATH): {word}"


def test_output_goes_to_the_log(tmp_path: Path) -> None:
    """Both streams, after the command, and without bytes being lost that are no text."""
    with step(io.StringIO(), tmp_path) as made:
        run(made, "import os; os.write(1, b'out\\n'); os.write(2, b'\\xff\\n')", tmp_path)
    assert (tmp_path / "log").read_bytes().endswith(b"out\n\xff\n")


def test_failure_shows_the_end_of_the_log(tmp_path: Path) -> None:
    """Also where it is no text."""
    code = "import os; os.write(1, b'out\\n\\xff\\n'); raise SystemExit(3)"
    expected = "ended with 3:\n    out\n    \ufffd\n  the whole log: "
    with pytest.raises(ToolchainError, match=expected), step(io.StringIO(), tmp_path) as made:
        run(made, code, tmp_path)


def test_units() -> None:
    """Times and sizes as people say them."""
    assert print_minutes(4) == "about 4 min"
    assert print_minutes(0.2) == "about 12 s"
    assert print_elapsed(187.9) == "3:07"
    assert print_size(105_400_000) == "105 MB"
