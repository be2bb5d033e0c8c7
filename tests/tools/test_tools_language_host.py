"""The language host, driven over gRPC as the engine drives it, with a runner of the tests' own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from tools import host as installer

ENGINE = "127.0.0.1:1"
"""Handed on to programs; the host itself never dials it."""

# Stands where Pulumi's own program runner is installed, and writes down how it was called.
RUNNER = """
import json, os, sys
names = ("PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS", "VIRTUAL_ENV", "PATH")
seen = {"arguments": sys.argv[1:], "python": sys.executable, "cwd": os.getcwd(), "importable": sys.path}
with open(os.environ["SEEN"], "w") as file:
    json.dump(seen | {name: os.environ.get(name) for name in names}, file)
exec(os.environ.get("PROGRAM", ""))
"""


@dataclass
class Host:
    process: subprocess.Popen[str]
    stub: language_pb2_grpc.LanguageRuntimeStub
    seen_file: Path

    def seen(self) -> dict[str, Any]:
        seen: dict[str, Any] = json.loads(self.seen_file.read_text())
        return seen


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The host's files as the toolchain lays them out."""
    folder = tmp_path / "host"
    shutil.copytree(installer.SOURCES, folder)
    (folder / "bin").mkdir()
    (folder / "bin" / "pulumi-language-python-exec").write_text(RUNNER)
    return folder


Start = Callable[..., Host]


@pytest.fixture
def start(installed: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a host with additions to its environment, and end it after the test."""
    hosts: list[Host] = []

    def _start(**environment: str) -> Host:
        seen = tmp_path / "seen.json"
        process = subprocess.Popen(
            [sys.executable, "-I", installed / "host.py", str(os.getpid()), "--logtostderr", ENGINE],
            env=os.environ | {"PULUMI_PYTHON_CMD": sys.executable, "SEEN": str(seen)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        port = int(process.stdout.readline())
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        hosts.append(Host(process, language_pb2_grpc.LanguageRuntimeStub(channel), seen))
        return hosts[-1]

    yield _start
    for host in hosts:
        host.process.kill()
        host.process.communicate()


def info(root: Path, *, virtualenv: str = "") -> language_pb2.ProgramInfo:
    options = struct_pb2.Struct()
    if virtualenv:
        options["virtualenv"] = virtualenv
    return language_pb2.ProgramInfo(
        root_directory=str(root), program_directory=str(root), entry_point=".", options=options
    )


def run_request(root: Path, **fields: Any) -> language_pb2.RunRequest:
    known: dict[str, Any] = {
        "project": "shop",
        "stack": "dev",
        "pwd": str(root),
        "program": ".",
        "monitor_address": "127.0.0.1:2",
        "info": info(root),
    }
    return language_pb2.RunRequest(**(known | fields))


def fake_virtualenv(folder: Path) -> Path:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(Path(sys.executable).resolve())
    return python


def test_what_the_engine_asks_before_a_program(start: Start, tmp_path: Path) -> None:
    """Nothing is required, so nothing is downloaded; the version is that of the SDK."""
    stub = start().stub
    stub.Handshake(language_pb2.LanguageHandshakeRequest(engine_address=ENGINE))
    assert stub.GetPluginInfo(empty_pb2.Empty()).version.startswith("3.")
    assert not stub.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest()).packages
    assert not stub.GetRequiredPlugins(language_pb2.GetRequiredPluginsRequest()).plugins
    assert not list(stub.InstallDependencies(language_pb2.InstallDependenciesRequest()))
    assert not stub.GetProgramDependencies(language_pb2.GetProgramDependenciesRequest()).dependencies
    about = stub.About(language_pb2.AboutRequest(info=info(tmp_path)))
    assert about.executable == sys.executable
    assert about.version == ".".join(map(str, sys.version_info[:3]))


def test_run_hands_everything_on(start: Start, tmp_path: Path) -> None:
    """Addresses, names, settings and arguments; an argument that looks like a flag stays the program's."""
    host = start()
    answer = host.stub.Run(
        run_request(
            tmp_path,
            organization="acme",
            dryRun=True,
            parallel=16,
            args=["one", "--two"],
            config={"shop:token": "t0p"},
            configSecretKeys=["shop:token"],
        )
    )
    assert answer == language_pb2.RunResponse()
    seen = host.seen()
    assert seen["arguments"] == [
        *("--monitor", "127.0.0.1:2", "--engine", ENGINE, "--project", "shop", "--stack", "dev"),
        *("--organization", "acme", "--root_directory", str(tmp_path), "--pwd", str(tmp_path)),
        *("--dry_run", "true", "--parallel", "16", "--", ".", "one", "--two"),
    ]
    assert json.loads(seen["PULUMI_CONFIG"]) == {"shop:token": "t0p"}
    assert json.loads(seen["PULUMI_CONFIG_SECRET_KEYS"]) == ["shop:token"]
    assert seen["python"] == sys.executable
    assert seen["cwd"] == str(tmp_path)


def test_our_folder_is_not_importable(start: Start, installed: Path, tmp_path: Path) -> None:
    """A program's own `host.py` is not hidden by ours."""
    host = start()
    host.stub.Run(run_request(tmp_path))
    assert str(installed) not in host.seen()["importable"]


def test_virtualenv_lies_where_the_project_file_does(start: Start, tmp_path: Path) -> None:
    """Not where its `main` points; and what the program starts finds it on PATH."""
    root, program = tmp_path / "project", tmp_path / "project" / "source"
    program.mkdir(parents=True)
    python = fake_virtualenv(root / "venv")
    host = start()
    answer = host.stub.Run(run_request(program, info=info(root, virtualenv="venv")))
    assert answer == language_pb2.RunResponse()
    seen = host.seen()
    assert seen["python"] == str(python)
    assert seen["VIRTUAL_ENV"] == str(root / "venv")
    assert seen["PATH"].split(":")[0] == str(python.parent)


def test_missing_virtualenv(start: Start, tmp_path: Path) -> None:
    """The error names the option, the file that has it and what was looked for."""
    answer = start().stub.Run(run_request(tmp_path, info=info(tmp_path, virtualenv="venv")))
    python = tmp_path / "venv" / "bin" / "python"
    expected = f"{tmp_path} asks for the virtual environment 'venv', but there is no {python}"
    assert answer == language_pb2.RunResponse(error=expected)


def test_missing_python(start: Start, tmp_path: Path) -> None:
    """A wrong PULUMI_PYTHON_CMD is an error of the program, not of the host."""
    answer = start(PULUMI_PYTHON_CMD="/nowhere/python").stub.Run(run_request(tmp_path))
    assert "/nowhere/python" in answer.error


ENDS = {
    "raise SystemExit(32)": language_pb2.RunResponse(bail=True),
    "raise SystemExit(3)": language_pb2.RunResponse(error="the program ended with exit code 3"),
    "raise SystemExit(1)": language_pb2.RunResponse(error="the program ended with exit code 1"),
    # What the runner does with a pulumi.RunError: without an engine the message goes to stderr.
    "import pulumi; pulumi.log.error('x'); raise SystemExit(1)": language_pb2.RunResponse(bail=True),
    "import pulumi; pulumi.log.error('x')": language_pb2.RunResponse(),
    "raise KeyboardInterrupt": language_pb2.RunResponse(error="the program ended with exit code 130"),
}


@pytest.mark.parametrize(("program", "expected"), ENDS.items())
def test_how_a_program_ends(start: Start, tmp_path: Path, program: str, expected: language_pb2.RunResponse) -> None:
    """What the user was already told is not followed by a second error."""
    assert start(PROGRAM=program).stub.Run(run_request(tmp_path)) == expected


def test_output_reaches_the_engine(start: Start, tmp_path: Path) -> None:
    """After the port, line by line on the host's own streams."""
    host = start(PROGRAM="import sys; print('out'); print('err', file=sys.stderr)")
    host.stub.Run(run_request(tmp_path))
    host.process.send_signal(signal.SIGINT)
    assert host.process.communicate(timeout=20) == ("out\n", "err\n")


def policy_pack(folder: Path, code: str) -> Path:
    """A folder in which `python -m pulumi.policy` runs the code instead of the SDK's module."""
    module = folder / "pulumi" / "policy.py"
    module.parent.mkdir(parents=True)
    module.with_name("__init__.py").touch()
    module.write_text(code)
    return folder


def plugin_request(folder: Path, kind: str, **environment: str) -> language_pb2.RunPluginRequest:
    return language_pb2.RunPluginRequest(
        pwd=str(folder.parent),
        kind=kind,
        args=["--logtostderr", ENGINE],
        env=[f"{name}={value}" for name, value in environment.items()],
        info=info(folder),
    )


def test_policy_pack(start: Start, tmp_path: Path) -> None:
    """In the pack's folder, with exactly the given environment, both streams and then the exit code."""
    code = "import os, sys; print(sys.argv[1:], os.getcwd(), sorted(os.environ))\nprint('err', file=sys.stderr)"
    pack = policy_pack(tmp_path / "pack", code + "\nsys.exit(7)")
    given = {"A": "1", "B": "x=y", "PULUMI_PYTHON_CMD": sys.executable, "LC_CTYPE": "C.UTF-8"}
    answers = list(start().stub.RunPlugin(plugin_request(pack, "analyzer", **given)))
    stdout = b"".join(answer.stdout for answer in answers).decode()
    assert stdout == f"{['--logtostderr', ENGINE, str(pack)]} {pack} {sorted(given)}\n"
    assert b"".join(answer.stderr for answer in answers) == b"err\n"
    assert [answer.WhichOneof("output") for answer in answers].index("exitcode") == len(answers) - 1
    assert answers[-1].exitcode == 7


def test_other_plugin(start: Start, tmp_path: Path) -> None:
    """A provider in Python is its folder's `__main__.py`, run where the engine says."""
    folder = tmp_path / "provider"
    folder.mkdir()
    (folder / "__main__.py").write_text("import os, sys; print(sys.argv, os.getcwd())")
    answers = list(start().stub.RunPlugin(plugin_request(folder, "resource", PULUMI_PYTHON_CMD=sys.executable)))
    assert answers[0].stdout.decode() == f"{[str(folder), '--logtostderr', ENGINE]} {tmp_path}\n"
    assert answers[-1].exitcode == 0


def test_plugin_without_python(start: Start, tmp_path: Path) -> None:
    """The call fails with the reason."""
    request = plugin_request(tmp_path, "analyzer", PULUMI_PYTHON_CMD="/nowhere/python")
    with pytest.raises(grpc.RpcError) as raised:
        list(start().stub.RunPlugin(request))
    assert "/nowhere/python" in raised.value.details()


# Says which process it is, and then waits to be ended.
SLEEP = """
import time
with open(os.environ["SEEN"] + ".pid", "w") as file:
    file.write(str(os.getpid()))
time.sleep(60)
"""


def running(host: Host, tmp_path: Path) -> tuple[int, Any]:
    """A program that sleeps: its process and the call that waits for it."""
    call = host.stub.Run.future(run_request(tmp_path))
    file = Path(f"{host.seen_file}.pid")
    wait_until(lambda: file.exists() and file.read_text() != "")
    return int(file.read_text()), call


def test_cancel_ends_the_program(start: Start, tmp_path: Path) -> None:
    """And the call is answered."""
    host = start(PROGRAM=SLEEP)
    pid, call = running(host, tmp_path)
    host.stub.Cancel(empty_pb2.Empty())
    assert call.result(timeout=20).error
    assert not lives(pid)


def test_withdrawn_call_ends_the_program(start: Start, tmp_path: Path) -> None:
    """As when the engine's connection breaks."""
    host = start(PROGRAM=SLEEP)
    pid, call = running(host, tmp_path)
    call.cancel()
    wait_until(lambda: not lives(pid))


def test_withdrawn_plugin_ends(start: Start, tmp_path: Path) -> None:
    """The engine ends a policy pack by withdrawing the call."""
    pack = policy_pack(tmp_path / "pack", "import os, time; print(os.getpid()); time.sleep(60)")
    answers = start().stub.RunPlugin(plugin_request(pack, "analyzer", PULUMI_PYTHON_CMD=sys.executable))
    pid = int(next(answers).stdout)
    assert lives(pid)
    answers.cancel()
    wait_until(lambda: not lives(pid))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_host_and_program_quietly(start: Start, tmp_path: Path, number: int) -> None:
    """Exit code 0 and not a word, also in the middle of a program."""
    host = start(PROGRAM=SLEEP)
    pid, _ = running(host, tmp_path)
    host.process.send_signal(number)
    assert host.process.communicate(timeout=20) == ("", "")
    assert host.process.returncode == 0
    wait_until(lambda: not lives(pid))


def test_host_does_not_outlive_the_engine(installed: Path, tmp_path: Path) -> None:
    """It notices that its parent is another one now, though nobody sent a signal."""
    script = tmp_path / "engine.py"
    script.write_text(
        "import os, subprocess, sys\n"
        "host = subprocess.Popen([sys.executable, '-I', *sys.argv[1:], str(os.getpid()), '127.0.0.1:1'],"
        " stdout=subprocess.PIPE)\n"
        "host.stdout.readline()\n"
        "print(host.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, script, installed / "host.py"], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    wait_until(lambda: not lives(int(done.stdout)))


def test_programs_run_side_by_side(start: Start, tmp_path: Path) -> None:
    """A policy pack stays up while the program runs, and several packs at once."""
    host = start()
    packs = [policy_pack(tmp_path / f"pack{number}", "import time; print('up'); time.sleep(60)") for number in range(3)]
    calls = [host.stub.RunPlugin(plugin_request(pack, "analyzer", PULUMI_PYTHON_CMD=sys.executable)) for pack in packs]
    assert [next(call).stdout for call in calls] == [b"up\n"] * 3
    answers: list[language_pb2.RunResponse] = []
    thread = threading.Thread(target=lambda: answers.append(host.stub.Run(run_request(tmp_path))))
    thread.start()
    thread.join(timeout=20)
    assert answers == [language_pb2.RunResponse()]
    for call in calls:
        call.cancel()


def test_launcher_gives_way_to_the_host(tmp_path: Path) -> None:
    """The process that the engine started is the host itself, and knows the engine's process."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    python = tmp_path / "venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$$ $@"\n')
    python.chmod(0o755)
    launcher = tmp_path / "bin" / "pulumi-language-python"
    launcher.write_text(installer._LAUNCHER)
    launcher.chmod(0o755)
    link = tmp_path / "link to host"
    link.symlink_to(launcher)
    process = subprocess.Popen([link, "-v=3", ENGINE], stdout=subprocess.PIPE, text=True)
    printed = process.communicate(timeout=20)[0].split()
    assert printed == [*(str(process.pid), "-I", f"{tmp_path}/bin/../host.py", str(os.getpid()), "-v=3", ENGINE)]
