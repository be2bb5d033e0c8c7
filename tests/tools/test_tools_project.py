"""The checkout's `.venv` follows pyproject.toml and the Python below it."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest

from tools import project, venv
from tools.errors import ToolchainError

PROJECT = "[project]\nname = 'x'\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    return folder


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been run, in place of running it."""
    said: list[str] = []

    def create(folder: Path, _: Any, *, clear: bool = False) -> None:
        said.append("create --clear" if clear else "create")
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()
        (folder / "lib" / "python3" / "site-packages" / "pip").mkdir(parents=True)

    def install(_: Path, requirements: list[str], __: Any, *, cwd: Path) -> None:
        assert cwd.name == "checkout"
        said.append(f"install {' '.join(requirements)}")

    monkeypatch.setattr(venv, "create", create)
    monkeypatch.setattr(venv, "install", install)
    return said


def test_made_then_left_alone(checkout: Path, calls: list[str]) -> None:
    """The second run does nothing."""
    assert checkout / ".venv" == project.ensure_environment(checkout)
    project.ensure_environment(checkout)
    assert calls == ["create", "install --editable .[dev]"]


def test_changed_project_is_installed_again(checkout: Path, calls: list[str]) -> None:
    """Into the same environment, so that what the user added stays."""
    project.ensure_environment(checkout)
    calls.clear()
    (checkout / "pyproject.toml").write_text(PROJECT + "dependencies = ['y']\n")
    project.ensure_environment(checkout)
    project.ensure_environment(checkout)
    assert calls == ["install --editable .[dev]"]


def test_other_python_makes_it_anew(checkout: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages built for one do not load in another."""
    project.ensure_environment(checkout)
    calls.clear()
    monkeypatch.setattr(venv, "interpreter", lambda: ("3.99.0", "/opt/python"))
    project.ensure_environment(checkout)
    assert calls == ["create --clear", "install --editable .[dev]"]


def test_interpreter_that_is_gone_makes_it_anew(checkout: Path, calls: list[str]) -> None:
    """A dangling link is not an environment."""
    project.ensure_environment(checkout)
    calls.clear()
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python")
    project.ensure_environment(checkout)
    assert calls == ["create --clear", "install --editable .[dev]"]


def test_interrupted_run_is_done_again(checkout: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an environment is never taken for a whole one."""
    project.ensure_environment(checkout)
    (checkout / "pyproject.toml").write_text(PROJECT + "dependencies = ['y']\n")

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(venv, "install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            project.ensure_environment(checkout)
    (checkout / "pyproject.toml").write_text(PROJECT)
    calls.clear()
    project.ensure_environment(checkout)
    assert calls[-1] == "install --editable .[dev]"


def test_interrupted_making_is_done_again(checkout: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that has no pip yet cannot be installed into."""
    project.ensure_environment(checkout)
    shutil.rmtree(checkout / ".venv" / "lib")
    (checkout / ".venv" / ".meshhub-made-from").unlink()
    calls.clear()
    project.ensure_environment(checkout)
    assert calls == ["create --clear", "install --editable .[dev]"]


def test_the_users_own_is_not_cleared(checkout: Path, calls: list[str]) -> None:
    """Whatever else is in it stays."""
    project.ensure_environment(checkout)
    (checkout / ".venv" / ".meshhub-made-from").unlink()
    calls.clear()
    project.ensure_environment(checkout)
    project.ensure_environment(checkout)
    assert calls == ["install --editable .[dev]"]


def test_python_without_venv(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line names what is missing and the package that has it."""
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "ensurepip" else real(name, *rest)
    )
    with pytest.raises(ToolchainError, match=r"^\S+ lacks ensurepip: install .* python3\.\d+-venv\)") as raised:
        project.ensure_environment(checkout)
    assert "\n" not in str(raised.value)
    assert not (checkout / ".venv").exists()


def test_no_checkout(tmp_path: Path) -> None:
    """Elsewhere there is nothing to install."""
    with pytest.raises(ToolchainError, match=r"pyproject\.toml is missing: run this in a checkout"):
        project.ensure_environment(tmp_path)
