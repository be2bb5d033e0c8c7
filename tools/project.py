"""The project's own environment: `pyproject.toml` becomes `.venv` in the checkout, with the package.

A stamp inside says from what it was made, and until the end that it is unfinished, so that an interrupted run
is simply done again. An environment without a stamp is the user's own: it is installed into, never cleared.
"""

from __future__ import annotations

from pathlib import Path

from tools import cache, venv
from tools.errors import ToolchainError
from tools.programs import CHECKOUT
from tools.progress import Step

_STAMP = ".meshhub-made-from"


def ensure_environment(checkout: Path = CHECKOUT) -> Path:
    """The checkout's `.venv`, made or brought up to date if need be."""
    folder = checkout / ".venv"
    project = checkout / "pyproject.toml"
    if not project.is_file():
        raise ToolchainError(f"{project} is missing: run this in a checkout of the project")
    python = "\n".join(venv.interpreter())
    made_from = f"{python}\n{cache.fingerprint([str(folder)], [project])}\n"
    if _stamped(folder) == made_from and _usable(folder):
        return folder
    venv.check()
    entry = f"project-venv-{cache.fingerprint([str(folder)], [])}"
    step = Step(f"bringing {folder} up to date", minutes=0.7, log=cache.log_path(entry))
    with cache.locked(entry, on_wait=lambda: step.say(f"waiting for another run on {folder}", last=True)):
        before = _stamped(folder)
        if before == made_from and _usable(folder):
            return folder
        with step:
            if not _usable(folder) or (before and not before.startswith(f"{python}\n")):
                venv.create(folder, step, clear=folder.exists())
            stamp = folder / _STAMP
            stamp.write_text(f"{python}\nunfinished\n", encoding="utf-8")
            venv.install(folder, ["--editable", ".[dev]"], step, cwd=checkout)
            stamp.write_text(made_from, encoding="utf-8")
            step.done("")
    return folder


def _stamped(folder: Path) -> str:
    stamp = folder / _STAMP
    return stamp.read_text(encoding="utf-8") if stamp.is_file() else ""


def _usable(folder: Path) -> bool:
    """Not if its Python has gone, which leaves a broken link, and not if making it was interrupted before pip."""
    return (folder / "bin" / "python").exists() and any(folder.glob("lib/python*/site-packages/pip"))
