"""A Pulumi program read instead of deployed: it runs under mocks, and its meshes are taken before they compile.

Nothing is registered and no cluster is asked; values that only a deployment knows stay late.
"""

from __future__ import annotations

import os
import runpy
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from meshhub_pulumi.model.error import ArgsError, MeshError
from meshhub_pulumi.model.finding import Finding, Where, finding
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.readers.aside import printing_aside
from meshhub_pulumi.readers.error import InputError
from meshhub_pulumi.readers.loaded import Loaded
from meshhub_pulumi.readers.surroundings import standing_in

_PROJECT = "Pulumi.yaml"
_MAIN = "__main__.py"


def read_program(folder: Path) -> Loaded:
    """The specs and the snapshot of every mesh that a program describes.

    Arguments that do not fit are findings. Raises `InputError` where the folder holds no Python program, where the
    program fails, or where it describes no mesh.
    """
    main = _main_file(folder)
    described: list[Any] = []
    try:
        _run(main, described.append)
    except ArgsError as error:
        return Loaded((), MeshSnapshot(), tuple(_faults(error, main)))
    except MeshError:
        raise
    except BaseException as error:  # whatever a program of somebody else's raises, SystemExit included
        if isinstance(error, KeyboardInterrupt):
            raise
        raise InputError(f"{_place(error, main)}: the program fails: {type(error).__name__}: {_line(error)}") from None
    if not described:
        raise InputError(f"{main}: the program describes no mesh: nothing in it leaves a `with VirtualMesh(...)` block")
    clusters = {name: c for mesh in described for name, c in mesh.snapshot.clusters.items()}
    specs = tuple(_seen_from_here(spec, main.parent) for mesh in described for spec in mesh.specs)
    return Loaded(specs, MeshSnapshot(clusters=clusters), ())


def _seen_from_here(spec: Spec, folder: Path) -> Spec:
    return replace(spec, origin=replace(spec.origin, file=_as_named(spec.origin.file or "", folder)))


def _as_named(file: str, folder: Path) -> str:
    """A file as the reader's caller would name it: a program sees its files from its own folder, without links."""
    real = os.path.realpath(folder)
    path = Path(os.path.normpath(Path(real, file)))
    for place, name in ((real, folder), (Path.cwd(), Path())):
        if path.is_relative_to(place):
            return str(name / path.relative_to(place))
    return str(path)


def _main_file(folder: Path) -> Path:
    project = folder / _PROJECT
    place = folder
    if project.is_file():
        try:
            settings = yaml.safe_load(project.read_text(encoding="utf-8"))
            place = folder / (settings.get("main") or ".")
        except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, TypeError) as error:
            raise InputError(f"{project}: cannot be read: {_line(error)}") from None
    main = place / _MAIN if place.is_dir() else place
    if not main.is_file():
        raise InputError(f"{main}: there is no such file: a Python program of Pulumi starts there")
    return main


def _run(main: Path, hear: Any) -> None:
    # reading a program is what loads Pulumi; nothing else among the readers does
    from pulumi.runtime.mocks import MockMonitor

    from meshhub_pulumi.components._program import listener
    from meshhub_pulumi.components._rehearsal import Echo, run_under_mocks

    hearing = listener.set(hear)
    try:
        with standing_in(main.parent) as here, printing_aside():
            start = str(here / main.name)
            run_under_mocks(lambda: runpy.run_path(start, run_name="__main__"), MockMonitor(Echo()), preview=True)
    finally:
        listener.reset(hearing)


def _faults(error: ArgsError, main: Path) -> Iterator[Finding]:
    file, line = _spot(error, main)
    for problem in error.problems:
        yield finding("MH100", problem.reason, Where(error.title, problem.path, file, line))


def _place(error: BaseException, main: Path) -> str:
    file, line = _spot(error, main)
    return f"{file}:{line}" if line else file


def _spot(error: BaseException, main: Path) -> tuple[str, int | None]:
    """The innermost line of the program's own files."""
    spots = [(x.filename, x.lineno) for x in reversed(traceback.extract_tb(error.__traceback__))]
    if isinstance(error, SyntaxError) and error.filename:
        spots.insert(0, (error.filename, error.lineno))
    real = os.path.realpath(main.parent)
    own = (x for x in spots if Path(os.path.normpath(x[0])).is_relative_to(real) and "site-packages" not in x[0])
    file, line = next(own, (main.name, None))
    return _as_named(file, main.parent), line


def _line(error: BaseException) -> str:
    try:
        return str(error).strip().split("\n", 1)[0]
    except Exception:  # a program's exception may fail to say what it is
        return "(without words)"
