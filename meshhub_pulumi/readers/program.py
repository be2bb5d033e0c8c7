"""A Pulumi program read instead of deployed: it runs under mocks, and its meshes are taken before they compile.

Nothing is registered and no cluster is asked; values that only a deployment knows stay late.
"""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from meshhub_pulumi.model.error import ArgsError, MeshError
from meshhub_pulumi.model.finding import Finding, Where, finding
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
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
    """The spec with its file as the reader's caller would name it: a program sees its files from its own folder."""
    return replace(spec, origin=replace(spec.origin, file=str(folder / (spec.origin.file or ""))))


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

    start = str(main.absolute())
    hearing = listener.set(hear)
    try:
        with standing_in(main.parent), redirect_stdout(sys.stderr):
            run_under_mocks(lambda: runpy.run_path(start, run_name="__main__"), MockMonitor(Echo()), preview=True)
    finally:
        listener.reset(hearing)


def _faults(error: ArgsError, main: Path) -> Iterator[Finding]:
    frame = _frame(error, main)
    for problem in error.problems:
        where = Where(
            error.title,
            problem.path,
            str(main.parent / Path(frame.filename).name) if frame else str(main),
            frame.lineno if frame else None,
        )
        yield finding("MH100", problem.reason, where)


def _place(error: BaseException, main: Path) -> str:
    frame = _frame(error, main)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{main}:{error.lineno}"
    return f"{main}:{frame.lineno}" if frame else str(main)


def _frame(error: BaseException, main: Path) -> traceback.FrameSummary | None:
    """The innermost line of the program's own files."""
    own = str(main.parent.absolute())
    frames = traceback.extract_tb(error.__traceback__)
    return next((x for x in reversed(frames) if x.filename.startswith(own) and "site-packages" not in x.filename), None)


def _line(error: BaseException) -> str:
    try:
        return str(error).strip().split("\n", 1)[0]
    except Exception:  # a program's exception may fail to say what it is
        return "(without words)"
