"""Virtual environments: an empty folder becomes one, and distributions are installed into it."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.errors import ToolchainError
from tools.progress import Step

_ADVICE = "if the package index could not be reached, mend that and run the same command again"


def interpreter() -> tuple[str, str]:
    """Version and place of the Python that virtual environments hang on, even asked from inside another."""
    return ".".join(map(str, sys.version_info[:3])), sys.base_prefix


def check() -> None:
    """Raise one line if this Python cannot make environments, as Debian's without its extra package."""
    lacking = [module for module in ("venv", "ensurepip") if importlib.util.find_spec(module) is None]
    if lacking:
        major, minor = sys.version_info[:2]
        raise ToolchainError(
            f"{sys.executable} lacks {' and '.join(lacking)}: install them (Debian and Ubuntu: the package"
            f" python{major}.{minor}-venv) or use another Python >= 3.11"
        )


def create(folder: Path, step: Step, *, clear: bool = False) -> None:
    command = [sys.executable, "-m", "venv", *(["--clear"] if clear else []), str(folder)]
    step.run(command, cwd=folder.parent, env=_environment())


def install(folder: Path, requirements: Sequence[str], step: Step, *, cwd: Path) -> None:
    command = [
        str(folder / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
    ]
    step.run([*command, *requirements], cwd=cwd, env=_environment(), advice=_ADVICE)


def _environment() -> dict[str, str]:
    """Without what would make a Python started here look into somebody else's packages."""
    return {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
