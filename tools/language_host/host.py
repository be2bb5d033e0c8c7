"""The Python language host: the engine's gRPC calls become Python processes.

`Run` starts the stack's program and `RunPlugin` a policy pack or provider, each on the Python of its own
project; everything else is answered so that the engine goes on without downloading anything. The host ends
when the engine does, and takes its processes along.
"""

# ruff: noqa: ARG002, N802 - gRPC calls every method by its name in the protocol and with both arguments

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import grpc  # type: ignore[import-untyped, unused-ignore]  # typed only where its stubs are installed
from google.protobuf import empty_pb2  # type: ignore[import-untyped, unused-ignore]  # likewise
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

HERE = Path(__file__).resolve().parent
RUNNER = HERE / "bin" / "pulumi-language-python-exec"
ERROR_WAS_SHOWN = 32
"""The exit code with which the runner says that the user has already been told what went wrong."""


class UnusableEnvironmentError(Exception):
    """The project names a virtual environment that cannot run Python."""


def python_for(info: language_pb2.ProgramInfo, environment: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The interpreter of a project, and the environment in which it and its child processes agree on that."""
    changed = dict(environment)
    named = dict(info.options).get("virtualenv")
    if not named:
        return environment.get("PULUMI_PYTHON_CMD") or "python3", changed
    # Relative to the file that says so, Pulumi.yaml, and not to the folder that its `main` names.
    folder = Path(info.root_directory, str(named))
    python = folder / "bin" / "python"
    if not os.access(python, os.X_OK):
        raise UnusableEnvironmentError(
            f"{info.root_directory} asks for the virtual environment {named!r}, but there is no {python}"
        )
    changed["VIRTUAL_ENV"] = str(folder)
    changed["PATH"] = os.pathsep.join(filter(None, [str(folder / "bin"), changed.get("PATH", "")]))
    changed.pop("PYTHONHOME", None)
    return str(python), changed


def runner_arguments(request: language_pb2.RunRequest, engine: str) -> list[str]:
    options = {
        "monitor": request.monitor_address,
        "engine": engine,
        "project": request.project,
        "stack": request.stack,
        "organization": request.organization,
        "root_directory": request.info.root_directory,
        "pwd": request.pwd or request.info.program_directory,
        "dry_run": "true" if request.dryRun else "false",
        "parallel": str(request.parallel),
    }
    named = [word for name, value in options.items() if value for word in (f"--{name}", value)]
    # Without the separator an argument such as --flag would be taken for one of the runner's own.
    return [*named, "--", request.info.entry_point or request.program or ".", *request.args]


def plugin_command(request: language_pb2.RunPluginRequest, python: str) -> tuple[list[str], str]:
    """The command and the folder to run it in."""
    if request.kind == "analyzer":
        pack = request.info.program_directory
        return [python, "-u", "-m", "pulumi.policy", *request.args, pack], pack
    program = Path(request.info.program_directory, request.info.entry_point or ".")
    return [python, "-u", str(program), *request.args], request.pwd


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._children: set[subprocess.Popen[bytes]] = set()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> language_pb2.LanguageHandshakeResponse:
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=version("pulumi"))

    def GetRequiredPlugins(
        self, request: Any, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(
        self, request: Any, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        return language_pb2.GetRequiredPackagesResponse()

    def InstallDependencies(
        self, request: Any, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        return iter(())

    def GetProgramDependencies(
        self, request: Any, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        return language_pb2.GetProgramDependenciesResponse()

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        try:
            python, environment = python_for(request.info, os.environ)
            printed = subprocess.run(
                [python, "--version"], env=environment, capture_output=True, text=True, check=True
            ).stdout
        except (UnusableEnvironmentError, OSError, subprocess.CalledProcessError) as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return language_pb2.AboutResponse(executable=python, version=printed.removeprefix("Python ").strip())

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.end_children()
        return empty_pb2.Empty()

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        try:
            python, environment = python_for(request.info, os.environ)
            environment["PULUMI_CONFIG"] = json.dumps(dict(request.config))
            environment["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(request.configSecretKeys))
            command = [
                python,
                "-u",
                str(HERE / "run_program.py"),
                str(RUNNER),
                *runner_arguments(request, self._engine),
            ]
            # Output goes straight to our own streams, which the engine reads line by line.
            code = self._start(context, command, env=environment, cwd=request.pwd or None).wait()
        except (UnusableEnvironmentError, OSError) as error:
            return language_pb2.RunResponse(error=str(error))
        if code == ERROR_WAS_SHOWN:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program ended with exit code {code}" if code else "")

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        given = dict(pair.split("=", 1) for pair in request.env)
        try:
            python, environment = python_for(request.info, given)
            command, cwd = plugin_command(request, python)
            child = self._start(
                context, command, env=environment, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except (UnusableEnvironmentError, OSError) as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        yield from _output(child)
        yield language_pb2.RunPluginResponse(exitcode=child.wait())

    def end_children(self) -> None:
        for child in list(self._children):
            self._end(child)

    def _start(self, context: grpc.ServicerContext, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
        self._children.add(child)
        # A call also ends when the engine withdraws it or dies: nobody then wants what the process would do.
        if not context.add_callback(partial(self._end, child)):
            self._end(child)
        return child

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        self._children.discard(child)
        if child.poll() is None:
            child.terminate()


def _output(child: subprocess.Popen[bytes]) -> Iterator[language_pb2.RunPluginResponse]:
    """Lines of both streams as they come, until both have ended."""
    queue: SimpleQueue[language_pb2.RunPluginResponse | None] = SimpleQueue()

    def read(stream: IO[bytes], answer: Callable[[bytes], language_pb2.RunPluginResponse]) -> None:
        for line in stream:
            queue.put(answer(line))
        queue.put(None)

    readers = (
        (child.stdout, lambda line: language_pb2.RunPluginResponse(stdout=line)),
        (child.stderr, lambda line: language_pb2.RunPluginResponse(stderr=line)),
    )
    for reader in readers:
        threading.Thread(target=read, args=reader, daemon=True).start()
    for _ in readers:
        yield from iter(queue.get, None)


def main(engine_process: int, engine_address: str) -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    host = LanguageHost(engine_address)
    # A thread for each program and plugin that runs, and some for the calls beside them.
    server = grpc.server(ThreadPoolExecutor(max_workers=32))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    # Another parent means that the engine died without a word.
    while os.getppid() == engine_process and not ended.wait(timeout=1):
        pass
    host.end_children()
    server.stop(grace=0)
    sys.stdout.flush()
    # Not sys.exit: that would wait for the handlers' threads, and the engine waits for us.
    os._exit(0)


if __name__ == "__main__":
    # The engine may pass flags before its address, for logs and traces that this host does not write.
    main(int(sys.argv[1]), sys.argv[-1])
