"""Entries: a program of the table becomes its folder in the cache, made now if it is not there yet."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from tools import cache, go, host, wheel
from tools.errors import ToolchainError
from tools.maker import Maker
from tools.programs import GoBuild, GoFile, LanguageHost, Program, Wheel
from tools.progress import Step, print_size


def entry_name(program: Program) -> str:
    maker = _maker(program)
    return f"{program.name}-{program.version}-{cache.fingerprint(maker.words, maker.files)}"


def existing(program: Program) -> Path | None:
    return _executable(cache.root() / entry_name(program), _maker(program))


def check(program: Program) -> None:
    """Raise if making it is bound to fail on this machine."""
    _maker(program).check()


def make(program: Program, reason: str) -> Path:
    """The program's executable, made here unless another process did so while we waited for its lock."""
    entry = entry_name(program)
    verb = "building" if isinstance(program.recipe, GoBuild) else "installing"
    title = f"{verb} {program.name} {program.version} ({reason})"
    step = Step(title, minutes=program.minutes, log=cache.log_path(entry))
    with cache.locked(entry, on_wait=lambda: step.say(f"{title}: waiting for another run", last=True)):
        if made := existing(program):
            return made
        maker = _maker(program)
        with step, cache.making(entry) as folder:
            maker.make(folder, step)
            if _executable(folder, maker) is None:
                raise ToolchainError(
                    f"{program.name} was made, but {maker.program} is not there: mend tools/programs.py"
                )
            size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
        step.done(print_size(size))
    path = existing(program)
    assert path is not None, f"{entry} vanished from the cache while it was being used"
    return path


def _executable(folder: Path, maker: Maker) -> Path | None:
    return next(iter(sorted(folder.glob(maker.program))), None)


def _maker(program: Program) -> Maker:
    match program.recipe:
        case GoBuild() as recipe:
            return go.build_maker(program, recipe)
        case GoFile() as recipe:
            return go.file_maker(program, recipe)
        case Wheel() as recipe:
            return wheel.maker(program, recipe)
        case LanguageHost() as recipe:
            return host.maker(program, recipe)
        case _ as unknown:
            assert_never(unknown)
