"""Making a program, with a Go tool of the tests' own in the place of the real one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import entries, go, host, programs, toolchain
from tools.errors import ToolchainError
from tools.programs import CHECKOUT

Put = Callable[..., Path]

# Says which version it is, and "builds" by writing to the file after -o what it was asked.
GO = """
if [ "$1" = env ]; then echo go1.26.8; exit; fi
echo "building in $(pwd)"
%s
while [ "$1" != -o ]; do shift; done
mkdir -p "$(dirname "$2")"
printf '#!/bin/sh\\necho made\\n' > "$2"; chmod 755 "$2"
"""


def look_for(pid: int) -> None:
    """For some seconds, as the system takes its time to forget a dead process; raises when there is none."""
    for _ in range(250):
        os.kill(pid, 0)
        time.sleep(0.02)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_made_once(put: Put, cache_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The first call makes it with one line before and one after; the second finds it and says nothing."""
    put("go", GO % "")
    path = toolchain.ensure(["kube-apiserver"])["kube-apiserver"]
    version = programs.programs()["kube-apiserver"].version
    first, last = capfd.readouterr().err.splitlines()
    assert first == f"building kube-apiserver {version} (not on PATH), about 4 min"
    assert last.startswith(f"building kube-apiserver {version} (not on PATH): done in 0 s, 0 MB")
    assert subprocess.run([path], capture_output=True, text=True, check=True).stdout == "made\n"
    put("go", "exit 1")
    assert path == toolchain.ensure(["kube-apiserver"])["kube-apiserver"]
    assert not capfd.readouterr().err
    assert path.is_relative_to(cache_folder)


def test_reason_is_said(put: Put, capfd: pytest.CaptureFixture[str]) -> None:
    """Whoever has the program wants to know why it is built all the same."""
    put("go", GO % "")
    path = put("istioctl", "echo 1.20.0")
    toolchain.ensure(["istioctl"])
    assert f"({path} is 1.20.0, which is not >=1.28,<2)" in capfd.readouterr().err


def test_checkout_is_not_written_to(put: Put) -> None:
    """The Go tool works on a copy of the module, because it may rewrite go.mod."""
    put("go", GO % "echo changed >> go.mod")
    before = (go.MODULES / "istio" / "go.mod").read_bytes()
    toolchain.ensure(["istioctl"])
    assert before == (go.MODULES / "istio" / "go.mod").read_bytes()


def test_failing_build_leaves_nothing(put: Put, cache_folder: Path) -> None:
    """The error carries the end of the log, where all of it is, and what to do."""
    put("go", GO % 'seq 100; echo "main.go:7: broken"; exit 3')
    with pytest.raises(ToolchainError) as raised:
        toolchain.ensure(["kube-apiserver"])
    first, *lines, log, advice = str(raised.value).splitlines()
    assert first == "`go` ended with 3:"
    assert lines[-1] == "    main.go:7: broken"
    assert len(lines) <= 12
    assert Path(log.removeprefix("  the whole log: ")).read_text().startswith("$ go build -trimpath")
    assert "run the same command again" in advice
    assert [name.split("/")[0] for name in files(cache_folder)] == ["locks", "logs"]


def test_build_that_makes_nothing_is_a_failure(put: Put, cache_folder: Path) -> None:
    """A recipe that names the wrong file does not fill the cache with empty entries."""
    put("go", GO % "exit 0")
    with pytest.raises(ToolchainError, match="was made, but bin/kube-apiserver is not there"):
        toolchain.ensure(["kube-apiserver"])
    assert not list(cache_folder.glob("kube-apiserver-*"))


def test_changed_recipe_is_another_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pin, a checksum, our own source or a stamp: each changes the name of what depends on it, and no other."""
    modules = shutil.copytree(go.MODULES, tmp_path / "go")
    monkeypatch.setattr(go, "MODULES", modules)
    table = programs.programs()
    names = ("kube-apiserver", "kube-controller-manager", "istiod", "pulumi", "pulumi-language-python")

    def entry_names() -> dict[str, str]:
        return {name: entries.entry_name(table[name]) for name in names}

    def changed_by(file: str) -> set[str]:
        before = entry_names()
        with (modules / file).open("a") as changed:
            changed.write("// changed\n")
        after = entry_names()
        return {name for name in names if before[name] != after[name]}

    assert changed_by("kubernetes/go.mod") == {"kube-apiserver", "kube-controller-manager"}
    assert changed_by("kubernetes/kube-apiserver/main.go") == {"kube-apiserver"}
    assert changed_by("istio/go.sum") == {"istiod"}
    assert changed_by("pulumi/go.mod") == {"pulumi", "pulumi-language-python"}


def test_changed_host_is_another_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit of our language host is run, not an older copy of it."""
    program = programs.programs()["pulumi-language-python"]
    before = entries.entry_name(program)
    monkeypatch.setattr(host, "SOURCES", shutil.copytree(host.SOURCES, tmp_path / "host"))
    assert before == entries.entry_name(program)
    with (host.SOURCES / "host.py").open("a") as changed:
        changed.write("# changed\n")
    assert before != entries.entry_name(program)


MISSING_GO = {
    "kube-apiserver": "install Go >=1.26, or put kube-apiserver >=1.30,<2 on PATH",
    "istiod": "install Go >=1.26, or put pilot-discovery >=1.28,<2 on PATH",
    "istio-crds": "install Go >=1.26",
    "pulumi-language-python": "install Go >=1.26, or put a pulumi that brings its own on PATH",
}


@pytest.mark.parametrize(("name", "advice"), MISSING_GO.items())
def test_missing_go(
    name: str, advice: str, path_folder: Path, monkeypatch: pytest.MonkeyPatch, cache_folder: Path
) -> None:
    """One line: for which program, and what to do."""
    monkeypatch.setenv("PATH", str(path_folder))
    with pytest.raises(ToolchainError) as raised:
        toolchain.ensure([name])
    assert str(raised.value) == f"{name} has to be made and Go is not installed: {advice}"
    assert not cache_folder.exists()


def test_old_go(put: Put) -> None:
    """The line names the Go that is there."""
    path = put("go", "echo go1.24.1")
    with pytest.raises(ToolchainError) as raised:
        toolchain.ensure(["pulumi"])
    assert str(raised.value) == (
        f"pulumi has to be made and {path} is 1.24.1: install Go >=1.26, or put pulumi >=3.230,<4 on PATH"
    )


def test_what_cannot_be_made_is_said_first(
    path_folder: Path, monkeypatch: pytest.MonkeyPatch, cache_folder: Path
) -> None:
    """Before anything else that was asked for is installed."""
    monkeypatch.setenv("PATH", str(path_folder))
    with pytest.raises(ToolchainError, match="istioctl has to be made"):
        toolchain.ensure(["etcd", "istioctl"])
    assert not cache_folder.exists()


def test_unknown_program() -> None:
    """The known ones are listed."""
    with pytest.raises(ToolchainError, match="unknown program kubelet: known are pulumi, "):
        toolchain.ensure(["pulumi", "kubelet"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_is_clean(put: Put, cache_folder: Path, tmp_path: Path, number: int) -> None:
    """No traceback, no half-made entry, and what was being run has ended too."""
    put("go", GO % f"echo $$ > {tmp_path}/pid; exec sleep 60")
    process = subprocess.Popen(
        [sys.executable, "-m", "tools", "ensure", "istioctl"], cwd=CHECKOUT, stderr=subprocess.PIPE, text=True
    )
    while not (tmp_path / "pid").is_file() or not (tmp_path / "pid").read_text():
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert said.splitlines()[1:] == [
        said.splitlines()[0].replace(", about 1 min", ": interrupted"),
        "tools: interrupted; nothing half-made was kept",
    ]
    with pytest.raises(ProcessLookupError):
        look_for(int((tmp_path / "pid").read_text()))
    assert not list(cache_folder.glob("istioctl-*"))
    assert not list((cache_folder / "partial").iterdir())


def test_two_runs_make_it_once(put: Put, tmp_path: Path) -> None:
    """The second waits for the first, says so, and uses what that made."""
    put("go", GO % f"echo built >> {tmp_path}/built; sleep 1")
    command = [sys.executable, "-m", "tools", "ensure", "istioctl", "--print"]
    runs = [
        subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [run.communicate(timeout=30) for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert answers[0][0] == answers[1][0] != ""
    assert (tmp_path / "built").read_text() == "built\n"
    assert sum("waiting for another run" in said for _, said in answers) == 1
