"""The command as a process: how it ends on signals and closed pipes, and what it loads."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PRINTING = """\
import atexit, os, subprocess, sys
import pulumi_kubernetes as k8s
from meshhub_pulumi import *
print("a")
sys.__stdout__.write("b\\n")
subprocess.run(["echo", "c"])
atexit.register(print, "d")
atexit.register(os.system, "echo e")
with VirtualMesh("m", VirtualMeshArgs(clusters=[Cluster("east", provider=k8s.Provider("east"))])):
    TrafficPolicy("p", TrafficPolicyArgs(timeout="5s"))
"""


@pytest.mark.parametrize("verb", [("render",), ("render", "--format", "json"), ("check",)])
def test_a_closed_pipe_ends_it_quietly(start, deck, verb):
    """Whoever reads only the first lines gets no complaint."""
    process = start(*verb, deck / "own.yaml", "--snapshot", deck / "snapshot.yaml")
    process.stdout.close()
    _, err = process.communicate()
    assert b"Traceback" not in err
    assert b"Broken" not in err
    assert 141 == process.returncode


@pytest.mark.parametrize("where", ["stdout", "stderr"])
def test_a_full_or_closed_stream(start, deck, where):
    """Findings on a closed standard error do not end in a traceback either."""
    process = start("check", deck / "traffic-policy.yaml", "--snapshot", deck / "snapshot.yaml")
    getattr(process, where).close()
    assert process.wait(30) in (0, 1, 141)


@pytest.fixture
def shell(environment, deck, tmp_path):
    """Run the command in a shell, which can close its streams; `IT` stands for an input that has warnings only."""

    def ended(line: str) -> subprocess.CompletedProcess[str]:
        program = f"{shlex.quote(sys.executable)} -c 'from meshhub_pulumi.cli import main; main()'"
        line = line.replace("IT", f"{deck}/traffic-policy.yaml --snapshot {deck}/snapshot.yaml")
        command = ["sh", "-c", f"{program} {line}"]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return ended


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("check - <&-", "meshhub: <stdin>: cannot be read: it is closed; name a file\n"),
        ("check IT >&-", "meshhub: standard output cannot be written: it is closed; send it elsewhere\n"),
        (
            "check IT --format json > /dev/full",
            "meshhub: standard output cannot be written: No space left on device; send it elsewhere\n",
        ),
        ("check nowhere 2> /dev/full", ""),
        ("check nowhere >&- 2>&-", ""),
    ],
)
def test_streams_that_are_closed_or_full(shell, line, told):
    """What cannot be read or written ends with 2 and one line, if anybody can be told."""
    ended = shell(line)
    assert (2, "", told) == (ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize("line", ["render IT --out out >&-", "render IT 2>&-", "render IT 2> /dev/full"])
def test_streams_that_nobody_needs(shell, line):
    """Closed and full streams do no harm to a run that has nothing to say there, or only warnings."""
    ended = shell(line)
    assert (0, False) == (ended.returncode, "Traceback" in ended.stderr)


def test_interrupting_ends_it_quietly(start):
    """Ctrl-C while it waits for input ends it without a traceback."""
    process = start("check", "-")
    process.stdin.write(b"#" * 2**20)  # more than a pipe holds: it is being read when this is over
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (130, b"") == (process.returncode, out)
    assert b"Traceback" not in err


def test_what_a_program_prints_is_no_output(start, tmp_path):
    """Whatever a program and the processes of it print, also at its end, goes to standard error."""
    Path(tmp_path, "__main__.py").write_text(PRINTING)
    out, err = start("render", ".", "--format", "json").communicate(timeout=60)
    assert {"clusters", "findings"} == json.loads(out).keys()
    assert set("abcde") == set(err.decode().split())


def test_nothing_of_it_needs_pulumi(environment, deck, tmp_path):
    """The command line, the readers and the printers run where Pulumi cannot be imported."""
    blocked = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0].startswith('pulumi'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from meshhub_pulumi.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", blocked, "render", deck / "own.yaml", "--snapshot", deck / "snapshot.yaml"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 0 == done.returncode
    assert "Traceback" not in done.stderr
    assert "VirtualService" in done.stdout


def test_every_module_loads_without_pulumi(environment):
    """No module of the readers (but that of programs), the printers and the command line loads Pulumi."""
    code = (
        "import sys, pkgutil, importlib\n"
        "for package in ('readers', 'report', 'cli'):\n"
        "    top = importlib.import_module(f'meshhub_pulumi.{package}')\n"
        "    for module in pkgutil.walk_packages(top.__path__, top.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "assert not [name for name in sys.modules if name.split('.')[0].startswith('pulumi')], 'pulumi is loaded'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


def test_shell_completion(environment):
    """Shells complete verbs and options."""
    asked = {"_MESHHUB_COMPLETE": "bash_complete", "COMP_WORDS": "meshhub re", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from meshhub_pulumi.cli import main; main()"],
        env={**environment, **asked}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "plain,render\nplain,review\n" == done.stdout


def test_output_does_not_depend_on_the_locale(environment, deck, tmp_path):
    """Where the terminal's encoding is narrow, text is escaped instead of failing."""
    Path(tmp_path / "ä.yaml").write_text((deck / "traffic-policy.yaml").read_text())
    done = subprocess.run(
        [sys.executable, "-c", "from meshhub_pulumi.cli import main; main()", "check", "ä.yaml",
         "--snapshot", deck / "snapshot.yaml"],
        cwd=tmp_path, env={**environment, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (0, "") == (done.returncode, done.stderr)
    assert "\\xe4.yaml:13: warning MH130" in done.stdout


def on_a_terminal(command: list[str], environment: dict[str, str], folder: Path) -> str:
    """What a command shows on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:  # the other side is closed
        pass
    process.wait(30)
    os.close(ours)
    return shown.decode()


def test_a_terminal_gets_colours_and_progress(environment, deck, tmp_path):
    """On a terminal findings are coloured, and whoever waits longer than a second is told what for."""
    terminal = {name: value for name, value in environment.items() if name not in ("NO_COLOR", "CI")}
    terminal |= {"TERM": "xterm-256color"}
    slow = (
        "import time\n"
        "from meshhub_pulumi.cli import outcome, main\n"
        "read = outcome.read\n"
        "outcome.read = lambda *given: (time.sleep(1.5), read(*given))[1]\n"
        "main()\n"
    )
    arguments = ["check", str(deck / "traffic-policy.yaml"), "--snapshot", str(deck / "snapshot.yaml")]
    shown = on_a_terminal([sys.executable, "-c", slow, *arguments], terminal, tmp_path)
    assert "Reading ..." in shown
    assert "\x1b[1;33mwarning" in shown
    quick = "from meshhub_pulumi.cli import main; main()"
    assert "Reading ..." not in on_a_terminal([sys.executable, "-c", quick, *arguments], terminal, tmp_path)
