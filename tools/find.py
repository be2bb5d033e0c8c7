"""Finding: a program of the table becomes where it already is on this machine, or why nothing there will do.

A candidate is asked for its version once. A real executable's answer is remembered under its path, size and
time of change, so that a warm run starts no programs; a script's is not, because a version manager's shim
stays the same file while what it starts changes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import cache
from tools.errors import ToolchainError
from tools.programs import Program
from tools.version import Version, fits, parse_version, print_version

_NATIVE_MAGIC = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


@dataclass(frozen=True, slots=True)
class Found:
    path: Path
    version: Version | None
    """Unknown where the user named the file or the program cannot tell."""


@dataclass(frozen=True, slots=True)
class Missing:
    reason: str


def override_variable(program: Program) -> str:
    return "MESHHUB_" + program.name.upper().replace("-", "_")


def find(program: Program) -> Found | Missing:
    """Where the user says, else on PATH, else among Pulumi's plugins; the first that fits."""
    variable = override_variable(program)
    if named := os.environ.get(variable):
        path = Path(named).expanduser().absolute()
        if not _is_executable(path):
            raise ToolchainError(f"{variable} names {path}, which is not an executable file")
        return Found(path, None)
    reasons = []
    for path in [*_on_path(program.executable), *_plugins(program)]:
        verdict = _judge(program, path)
        if isinstance(verdict, Found):
            return verdict
        reasons.append(verdict.reason)
    return Missing("; ".join(reasons) or "not on PATH")


def is_native(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in _NATIVE_MAGIC


def _judge(program: Program, path: Path) -> Found | Missing:
    if program.native and not is_native(path):
        return Missing(f"{path} is a wrapper script")
    for name in program.beside:
        if not (path.parent / name).exists():
            return Missing(f"{path} lacks {name} beside it")
    if program.plugin and path.parent.name.startswith(program.plugin):
        return _judge_version(program, path, parse_version(path.parent.name))
    if not program.ask:
        return Found(path, None)
    return _judge_version(program, path, _version_of(path, program.ask))


def _judge_version(program: Program, path: Path, version: Version | None) -> Found | Missing:
    if version is None:
        return Missing(f"{path} does not tell its version")
    if not fits(version, program.fits):
        return Missing(f"{path} is {print_version(version)}, which is not {program.fits}")
    return Found(path, version)


def _is_executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _on_path(executable: str) -> Iterator[Path]:
    seen = set()
    for folder in os.get_exec_path():
        path = Path(folder or ".").absolute() / executable
        # Our own cache is on PATH in an engine's environment; taken from there, a program would outlive its recipe.
        if path not in seen and _is_executable(path) and not path.is_relative_to(cache.root()):
            seen.add(path)
            yield path


def _plugins(program: Program) -> list[Path]:
    """Newest first. Pulumi keeps every version that a stack ever asked for."""
    if not program.plugin:
        return []
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    found = [path for path in home.glob(f"plugins/{program.plugin}-v*/{program.executable}") if _is_executable(path)]
    return sorted(found, key=lambda path: parse_version(path.parent.name) or (0, 0, 0), reverse=True)


def _version_of(path: Path, ask: tuple[str, ...]) -> Version | None:
    if not is_native(path):
        return parse_version(_answer(path, ask))
    status = path.stat()
    key = f"{path.resolve()} {status.st_size} {status.st_mtime_ns} {' '.join(ask)}"
    remembered = _remembered()
    if key not in remembered:
        remembered[key] = _answer(path, ask)
        _remember(remembered)
    return parse_version(remembered[key])


def _answer(path: Path, ask: tuple[str, ...]) -> str:
    """What the program prints, on the error stream if the other stays empty; nothing if it fails or hangs."""
    environment = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            [path, *ask],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if done.returncode != 0:
        return ""
    return re.sub(r"\s+", " ", done.stdout.strip() or done.stderr.strip())[:300]


def _memory() -> Path:
    return cache.root() / "answers.json"


def _remembered() -> dict[str, str]:
    try:
        answers = json.loads(_memory().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return answers if isinstance(answers, dict) else {}


def _remember(answers: dict[str, str]) -> None:
    """Renamed into place, so that a reader never meets half a file; two writers lose at worst one answer."""
    path = _memory()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(answers, indent=0), encoding="utf-8")
    partial.replace(path)
