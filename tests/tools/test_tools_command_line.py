"""`python3 -m tools`: exit codes, and what goes to which stream."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import programs, project
from tools.__main__ import main
from tools.errors import ToolchainError
from tools.programs import CHECKOUT

Put = Callable[..., Path]


def test_silent_on_stdout_unless_asked(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    """`--print` gives what a shell can read."""
    path = put("kubectl", "echo v1.33.0")
    assert main(["ensure", "kubectl"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["ensure", "kubectl", "--print"]) == 0
    assert capsys.readouterr() == (f"kubectl={path}\n", "")


def test_failure_is_one_and_on_stderr(
    path_folder: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly one line if Go is missing."""
    monkeypatch.setenv("PATH", str(path_folder))
    assert main(["ensure", "istiod", "--print"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("tools: istiod has to be made and Go is not installed: ")


@pytest.mark.parametrize("arguments", [[], ["ensure"], ["ensure", "kubelet"], ["build"], ["list", "etcd"]])
def test_wrong_usage_is_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """As of every command."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python3 -m tools")


def test_list_says_where_or_how_long(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for every program, and nothing is made."""
    path = put("kubectl", "echo v1.33.0")
    assert main(["list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert list(lines) == list(programs.programs())
    assert lines["kubectl"].split() == ["kubectl", "1.33.0", str(path)]
    assert lines["pulumi"].split(maxsplit=2) == [
        "pulumi",
        programs.programs()["pulumi"].version,
        "will be made, about 3 min (not on PATH)",
    ]


def test_interrupt_outside_a_build(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, not a traceback."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(project, "ensure_environment", interrupted)
    assert main(["venv"]) == 1
    assert capsys.readouterr().err == "tools: interrupted; nothing half-made was kept\n"


def test_only_the_standard_library_is_needed() -> None:
    """An interpreter without site-packages runs it, because nothing else exists yet when it is needed."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "tools", "list"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_older_python_is_told() -> None:
    """In one line, before anything that it cannot read is imported."""
    code = (
        "import sys; sys.version_info = (3, 9, 0, 'final', 0); sys.argv[0] = 'tools';"
        "import runpy; runpy.run_module('tools', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("tools needs Python >= 3.11, this is ")
    assert done.stderr.count("\n") == 1


def test_reader_that_leaves() -> None:
    """As `head` does: no traceback."""
    command = f"{sys.executable} -u -m tools list | head -n 0"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")


def test_bugs_are_not_dressed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is meant for the user is shown as a message."""

    def broken() -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(project, "ensure_environment", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main(["venv"])
    assert not issubclass(RuntimeError, ToolchainError)
