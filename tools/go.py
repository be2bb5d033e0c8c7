"""Go: one of the Go modules under `go/` becomes an executable, or a file out of a module it depends on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from tools.errors import ToolchainError
from tools.maker import Maker
from tools.programs import HERE, GoBuild, GoFile, Program, pins
from tools.progress import Step
from tools.version import fits, parse_version, print_version

MODULES = HERE / "go"
_FLAGS = "-mod=readonly -buildvcs=false"
_ADVICE = "if the module proxy could not be reached or the disk is full, mend that and run the same command again"


def build_maker(program: Program, recipe: GoBuild) -> Maker:
    return Maker(
        words=(recipe.module, recipe.package, recipe.tags, *_stamps(program, recipe), _FLAGS),
        files=tuple(module_files(recipe.module, recipe.package)),
        check=lambda: check(program),
        make=lambda into, step: _build(program, recipe, into, step),
        program=f"bin/{program.executable}",
    )


def module_files(module: str, package: str = "") -> list[Path]:
    """The pins, and the sources of the package if they are ours."""
    folder = MODULES / module
    own = sorted((folder / package).glob("*.go")) if package.startswith(".") else []
    return [folder / "go.mod", folder / "go.sum", *own]


def _build(program: Program, recipe: GoBuild, into: Path, step: Step) -> None:
    # Built in a copy: the Go tool may rewrite go.mod and go.sum, and a build must not change the checkout.
    source = shutil.copytree(MODULES / recipe.module, into / "source")
    link = " ".join(["-s", "-w", *(f"-X {stamp}" for stamp in _stamps(program, recipe))])
    # "-w" leaves debug information out of the program; "-dwarf=false" does not even make it, a tenth of all compiling
    flags = ["-trimpath", "-tags", recipe.tags, "-gcflags", "all=-dwarf=false", "-ldflags", link]
    command = ["go", "build", *flags, "-o", str(into / "bin" / program.executable), recipe.package]
    step.run(command, cwd=source, env=_environment(), advice=_ADVICE)
    shutil.rmtree(source)


def _stamps(program: Program, recipe: GoBuild) -> list[str]:
    major, minor, _ = parse_version(program.version) or (0, 0, 0)
    return [stamp.format(version=program.version, major=major, minor=minor) for stamp in recipe.stamps]


def file_maker(program: Program, recipe: GoFile) -> Maker:
    return Maker(
        words=(recipe.module, recipe.dependency, recipe.file),
        files=tuple(module_files(recipe.module)),
        check=lambda: check(program),
        make=lambda into, step: fetch_file(recipe, into, step),
        program=Path(recipe.file).name,
    )


def fetch_file(recipe: GoFile, into: Path, step: Step) -> None:
    """Only the one module is fetched, and checked against go.sum."""
    source = shutil.copytree(MODULES / recipe.module, into / "source")
    command = ["go", "mod", "download", "-json", recipe.dependency]
    step.run(command, cwd=source, env=_environment(), advice=_ADVICE)
    # Once more for the answer alone: the log holds it mixed with what was said while downloading.
    listed = subprocess.run(command, cwd=source, env=_environment(), capture_output=True, check=True)
    shutil.copyfile(Path(json.loads(listed.stdout)["Dir"]) / recipe.file, into / Path(recipe.file).name)
    shutil.rmtree(source)


def check(program: Program) -> None:
    """Raise one line that says for which program Go is needed and what else would do, unless Go is there."""
    wanted = pins()["go"]["fits"]
    go = shutil.which("go")
    if go is None:
        raise ToolchainError(_needs_go(program, wanted, "Go is not installed"))
    printed = subprocess.run(
        [go, "env", "GOVERSION"], capture_output=True, text=True, env=_environment(), cwd="/", check=False
    ).stdout.strip()
    version = parse_version(printed.removeprefix("go"))
    if version is None or not fits(version, wanted):
        had = print_version(version) if version else repr(printed)
        raise ToolchainError(_needs_go(program, wanted, f"{go} is {had}"))


def _needs_go(program: Program, wanted: str, finding: str) -> str:
    instead = "" if isinstance(program.recipe, GoFile) else f", or put {_instead(program)} on PATH"
    return f"{program.name} has to be made and {finding}: install Go {wanted}{instead}"


def _instead(program: Program) -> str:
    if program.follows:
        return f"a {program.follows} that brings its own"
    return f"{program.executable} {program.fits}".strip()


def _environment() -> dict[str, str]:
    """The user's own, so that a proxy set there is used, but with what the build depends on fixed."""
    return os.environ | {
        "CGO_ENABLED": "0",
        "GOFLAGS": _FLAGS,
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOOS": "",
        "GOARCH": "",
    }
