"""The toolchain's front door: names become runnable programs, and those an offline engine's environment.

`toolchain.ensure(["pulumi", "kube-apiserver"])` gives a path for each name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import cache, entries, programs
from tools.bundle import bundle
from tools.errors import ToolchainError
from tools.find import Found, Missing, find
from tools.programs import GoFile, Program

__all__ = ["ToolchainError", "engine_environment", "ensure"]

_PULUMI = "pulumi"
_HOST = "pulumi-language-python"
_ENGINE = (_PULUMI, _HOST, "pulumi-resource-kubernetes")


@dataclass(frozen=True, slots=True)
class Cached:
    path: Path


@dataclass(frozen=True, slots=True)
class ToMake:
    reason: str


Place = Found | Cached | ToMake


def ensure(names: Iterable[str]) -> dict[str, Path]:
    """The executable of every named program, found or made now (which shows progress on the error stream)."""
    table = programs.programs()
    wanted = list(dict.fromkeys(names))
    if unknown := [name for name in wanted if name not in table]:
        raise ToolchainError(f"unknown program {', '.join(unknown)}: known are {', '.join(table)}")
    return _beside_pulumi(_paths([table[name] for name in wanted]))


def place(program: Program) -> Place:
    """Where the program is, or why it has to be made; makes nothing."""
    seen = _find(program)
    if isinstance(seen, Found):
        return seen
    made = entries.existing(program)
    return Cached(made) if made else ToMake(seen.reason)


def engine_environment(home: Path, backend: Path) -> dict[str, str]:
    """What to add to the environment so that `pulumi` runs our programs, without a service or downloads.

    `home` keeps the engine's own files, `backend` the stacks' state; both are created.
    """
    temporary = home / "tmp"
    for folder in (temporary, backend):
        folder.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.pathsep.join([*_folders(ensure(_ENGINE).values()), *os.get_exec_path()]),
        "PULUMI_HOME": str(home.absolute()),
        # Each start of the Kubernetes provider writes a kubeconfig, with its keys, and leaves it.
        "TMPDIR": str(temporary.absolute()),
        "PULUMI_BACKEND_URL": backend.absolute().as_uri(),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys():
        # Not a secret: without one the engine asks on the terminal, and this state goes away with its folder.
        environment["PULUMI_CONFIG_PASSPHRASE"] = "offline"
    return environment


def _find(program: Program) -> Found | Missing:
    if isinstance(program.recipe, GoFile):
        return Missing("not in the cache")
    if program.follows:
        leader = _find(programs.programs()[program.follows])
        if isinstance(leader, Missing):
            return Missing(f"{program.follows} is not taken from PATH")
    return find(program)


def _paths(wanted: Sequence[Program]) -> dict[str, Path]:
    """First a look at all of them, so that what cannot be made is said before minutes go into the others."""
    places = {program: place(program) for program in wanted}
    for program, where in places.items():
        if isinstance(where, ToMake):
            entries.check(program)
    return {
        program.name: entries.make(program, where.reason) if isinstance(where, ToMake) else where.path
        for program, where in places.items()
    }


def _beside_pulumi(paths: dict[str, Path]) -> dict[str, Path]:
    """The same programs, but a `pulumi` of ours with our host beside it, as a released one has its own."""
    if not _is_ours(paths.get(_PULUMI)):
        return paths
    host = programs.programs()[_HOST]
    path = paths.get(_HOST) or _paths([host])[_HOST]
    if not _is_ours(path):
        return paths
    folder = bundle([paths[_PULUMI], path, *(path.with_name(name) for name in host.beside)])
    return {name: folder / path.name if name in (_PULUMI, _HOST) else path for name, path in paths.items()}


def _is_ours(path: Path | None) -> bool:
    return path is not None and path.is_relative_to(cache.root())


def _folders(paths: Iterable[Path]) -> list[str]:
    """Only the folders that PATH needs: putting, say, /usr/bin first would shadow the caller's Python."""
    return list(dict.fromkeys(str(path.parent) for path in paths if shutil.which(path.name) != str(path)))
