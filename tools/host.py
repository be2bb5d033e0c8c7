"""The language host: the sources in `language_host/` become a runnable `pulumi-language-python`.

The host itself runs on a virtual environment in the cache, programs run on their project's own. So the folder
that goes on PATH holds the host's two entry points and nothing else: a `python3` in it would become every
program's interpreter.
"""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

from tools import go, venv
from tools.maker import Maker
from tools.programs import HERE, LanguageHost, Program
from tools.progress import Step

SOURCES = HERE / "language_host"
_LAUNCHER = """#!/bin/sh
# The shell's parent is the engine, which the host must not outlive. The shell itself makes way, for signals.
here=$(dirname -- "$(readlink -f -- "$0")")
exec "$here/../venv/bin/python" -I "$here/../host.py" "$PPID" "$@"
"""


def maker(program: Program, recipe: LanguageHost) -> Maker:
    return Maker(
        words=(program.version, recipe.runner.file, *venv.interpreter(), _LAUNCHER),
        files=(*sorted(SOURCES.glob("*.py")), *go.module_files(recipe.runner.module)),
        check=lambda: _check(program),
        make=lambda into, step: _install(program, recipe, into, step),
        program=f"bin/{program.executable}",
    )


def _check(program: Program) -> None:
    go.check(program)
    venv.check()


def _install(program: Program, recipe: LanguageHost, into: Path, step: Step) -> None:
    (into / "bin").mkdir()
    go.fetch_file(recipe.runner, into / "bin", step)
    (into / "bin" / Path(recipe.runner.file).name).chmod(0o755)
    venv.create(into / "venv", step)
    venv.install(into / "venv", [f"pulumi=={program.version}"], step, cwd=into)
    for source in SOURCES.glob("*.py"):
        copyfile(source, into / source.name)
    launcher = into / "bin" / program.executable
    launcher.write_text(_LAUNCHER, encoding="utf-8")
    launcher.chmod(0o755)
