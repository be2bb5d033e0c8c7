"""Processes: on record before they run, ended by pid and start time, found again by their mark."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab import launch, procfs, wait
from lab.errors import LabError
from lab.folder import LabFolder
from lab.process import MARK, Command, Process, end, end_gently, end_marked, on_record, recorded, spawn
from lab.stop import stop
from lab.take_down import down

Script = Callable[..., Command]
Eventually = Callable[..., None]


def test_a_process_is_on_record(
    lab_folder: LabFolder, script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The record that the process wrote of itself is what its starter knows of it, however slow the start is."""
    slow = tmp_path / "launch.py"
    slow.write_text(f"import runpy, time; time.sleep(0.5); runpy.run_path({launch.__file__!r}, run_name='__main__')")
    monkeypatch.setattr(launch, "__file__", str(slow))
    started = spawn(script("exec sleep 60"), lab_folder)
    assert [started] == recorded(lab_folder)
    assert started == on_record(lab_folder, started.cluster, started.program)
    assert on_record(lab_folder, started.cluster, "another") is None
    assert started.is_alive()
    assert (started.pid, started.pid) == (os.getpgid(started.pid), os.getsid(started.pid))


def test_the_environment_is_built_from_scratch(
    lab_folder: LabFolder, script: Script, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the user's reaches a program, such as a proxy or a kubeconfig that is set there."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("KUBECONFIG", "/home/user/.kube/config")
    command = script("env; pwd; exec sleep 60")
    spawn(command, lab_folder)
    eventually(lambda: command.log.exists() and "PWD" in command.log.read_text())
    printed = command.log.read_text().splitlines()
    names = {line.partition("=")[0] for line in printed if "=" in line}
    assert {"PATH", "HOME", "TMPDIR", MARK, "PWD"} == names - {"OLDPWD", "_", "SHLVL", "LC_CTYPE"}
    assert str(command.folder) == printed[-1]


def test_descriptors_of_the_starters_caller_are_not_handed_on(
    lab_folder: LabFolder, script: Script, eventually: Eventually
) -> None:
    """Whoever reads a pipe that the starter got from its caller sees its end when the starter ends."""
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    command = script("echo up; exec sleep 60")
    spawn(command, lab_folder)
    os.close(writing)
    eventually(lambda: command.log.exists() and "up" in command.log.read_text())
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_ending_takes_the_whole_group(
    lab_folder: LabFolder, script: Script, eventually: Eventually, survivors: Callable[[Path], list[int]]
) -> None:
    """What a program started in turn goes with it."""
    command = script("sleep 61 & sleep 62 & echo up; wait")
    process = spawn(command, lab_folder)
    eventually(lambda: command.log.exists() and "up" in command.log.read_text())
    assert end([process]) == 1
    eventually(lambda: not survivors(lab_folder.path))


def test_a_pid_that_was_used_again_is_not_killed(lab_folder: LabFolder) -> None:
    """A record whose pid now belongs to another process ends nothing."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as innocent:
        seen = procfs.look(innocent.pid)
        assert seen is not None
        record = {"cluster": "east", "program": "etcd", "log": "/dev/null", "pid": innocent.pid}
        for name, reused in {
            "earlier-start": {"start": seen.start - 1, "boot": procfs.boot()},
            "earlier-boot": {"start": seen.start, "boot": "another"},
        }.items():
            (lab_folder.processes / f"east.{name}.json").write_text(json.dumps({**record, **reused}))
        assert len(recorded(lab_folder)) == 2
        assert down(lab_folder.path) == 0
        assert innocent.poll() is None
        innocent.kill()


def test_a_program_whose_record_is_lost_is_still_taken_down(
    lab_folder: LabFolder, script: Script, survivors: Callable[[Path], list[int]]
) -> None:
    """The mark in its environment says whose it is, even after somebody deleted the folder by hand."""
    spawn(script("exec sleep 60"), lab_folder)
    subprocess.run(["rm", "-r", lab_folder.path], check=True)
    assert down(lab_folder.path) == 1
    assert survivors(lab_folder.path) == []


def test_processes_of_another_labs_folder_are_left_alone(lab_folder: LabFolder, script: Script, tmp_path: Path) -> None:
    """Two labs may run side by side."""
    process = spawn(script("exec sleep 60"), lab_folder)
    assert end_marked(LabFolder.at(tmp_path / "la")) == 0
    assert process.is_alive()


def test_a_starter_that_was_killed_leaves_nothing_off_record(
    lab_folder: LabFolder,
    lab_environment: dict[str, str],
    survivors: Callable[[Path], list[int]],
    eventually: Eventually,
) -> None:
    """kill -9 at any moment of starting many programs: afterwards `down` ends them all."""
    program = f"""
from lab.folder import LabFolder
from lab.process import Command, spawn
from pathlib import Path
lab = LabFolder.at({str(lab_folder.path)!r})
folder = lab.clusters / "east"
folder.mkdir(exist_ok=True)
for number in range(1000):
    argv = ("/bin/sleep", "60")
    spawn(Command(cluster="east", program=f"p{{number}}", argv=argv, folder=folder, log=folder / "log"), lab)
"""
    for started in (1, 4, 9):
        with subprocess.Popen([sys.executable, "-c", program], env=lab_environment) as starter:
            eventually(lambda wanted=started: len(recorded(lab_folder)) >= wanted)
            starter.send_signal(signal.SIGKILL)
        assert down(lab_folder.path) >= started
        time.sleep(0.2)
        assert survivors(lab_folder.path) == []
        lab_folder.claim()


def test_a_program_that_dies_early_is_noticed_at_once(lab_folder: LabFolder, script: Script) -> None:
    """The wait names the step and the end, and shows the log, long before its limit."""
    process = spawn(script("echo no such flag >&2; exit 7"), lab_folder)
    begun = time.monotonic()
    with pytest.raises(LabError) as raised:
        wait.until("east: etcd", lambda: "refused", needs=[process], limit=60)
    assert time.monotonic() - begun < 5
    assert raised.value.message == "east: etcd: etcd ended with status 7"
    assert raised.value.tail.endswith("no such flag")


def test_a_program_that_cannot_be_run_says_so(lab_folder: LabFolder, script: Script) -> None:
    """A missing binary is one line in the log, not a traceback."""
    command = dataclasses.replace(script(""), argv=("/nonexistent/etcd",))
    process = spawn(command, lab_folder)
    with pytest.raises(LabError) as raised:
        wait.until("east: etcd", lambda: "refused", needs=[process])
    assert raised.value.tail.endswith("cannot run /nonexistent/etcd: No such file or directory")


def test_a_wait_that_takes_too_long_says_what_it_waited_for(lab_folder: LabFolder, script: Script) -> None:
    """Step, limit and the last state."""
    process = spawn(script("echo hello; exec sleep 60"), lab_folder)
    with pytest.raises(LabError, match=r"east: etcd: not ready after 0 s \(connection refused\)") as raised:
        wait.until("east: etcd", lambda: "connection refused", needs=[process], limit=0.4)
    assert raised.value.tail.endswith("hello")


def test_stopping_a_cluster_asks_etcd_and_leaves_other_clusters(
    lab_folder: LabFolder, script: Script, eventually: Eventually
) -> None:
    """etcd may finish what it is writing; the records of the cluster are gone, those of others stay."""
    store = script("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done")
    spawn(store, lab_folder)
    spawn(script("exec sleep 60", program="istiod"), lab_folder)
    other = spawn(script("exec sleep 60", cluster="west"), lab_folder)
    eventually(lambda: "up" in store.log.read_text())
    assert stop(lab_folder, "east") == 2
    assert "bye" in store.log.read_text()
    assert [other] == recorded(lab_folder)
    assert other.is_alive()


def test_what_starts_while_a_cluster_is_stopped_stays_on_record(
    lab_folder: LabFolder, script: Script, eventually: Eventually, tmp_path: Path
) -> None:
    """Stopping once more finds it: so does a start that failed end what another thread began meanwhile."""
    done = tmp_path / "done"
    store = script(
        f"trap 'echo asked; while [ ! -e {done} ]; do sleep 0.05; done; exit' TERM; echo up; sleep 60 & wait"
    )
    spawn(store, lab_folder)
    eventually(lambda: "up" in store.log.read_text())
    with ThreadPoolExecutor() as pool:
        stopped = pool.submit(stop, lab_folder, "east")
        eventually(lambda: "asked" in store.log.read_text())
        late = spawn(script("exec sleep 60", program="istiod"), lab_folder)
        done.touch()
        assert stopped.result() == 1
    assert [late] == recorded(lab_folder)
    assert stop(lab_folder, "east") == 1
    assert not late.is_alive()


def test_a_program_that_ignores_the_request_is_killed(
    lab_folder: LabFolder, script: Script, eventually: Eventually
) -> None:
    """Asking has a limit."""
    command = script("trap '' TERM; echo up; while :; do sleep 0.05; done")
    process = spawn(command, lab_folder)
    eventually(lambda: command.log.exists() and "up" in command.log.read_text())
    end_gently(process, limit=0.2)
    assert not process.is_alive()


def test_the_log_of_the_run_before_is_kept(lab_folder: LabFolder, script: Script, eventually: Eventually) -> None:
    """A program that is started again begins a new log, and the one before can still be read."""
    for text in ("first", "second"):
        process: Process = spawn(script(f"echo {text}"), lab_folder)
        eventually(lambda process=process: not process.is_alive())
        process.ending()
    log = script("").log
    assert (log.with_suffix(".previous.log").read_text(), log.read_text()) == ("first\n", "second\n")
