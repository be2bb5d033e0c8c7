"""A machine of the tests' own: an empty cache, and a PATH that holds just what a test puts there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
if str(CHECKOUT) not in sys.path:  # `tools` is not installed anywhere: it runs before anything is
    sys.path.insert(0, str(CHECKOUT))

from tools import find  # noqa: E402

Put = Callable[..., Path]


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("MESHHUB_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def path_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH besides the system's own, and no trace of what the user has set."""
    folder = tmp_path / "on-path"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    for name in list(os.environ):
        if name.startswith(("MESHHUB_", "PULUMI_CONFIG_PASSPHRASE")) and name != "MESHHUB_CACHE":
            monkeypatch.delenv(name)
    real = find._on_path
    # What the machine under test has in /usr/bin is no concern of these tests, but its `sh` is needed.
    monkeypatch.setattr(find, "_on_path", lambda name: (p for p in real(name) if tmp_path in p.parents))
    return folder


@pytest.fixture
def put(path_folder: Path) -> Put:
    """Put a shell script on PATH; `native` makes the toolchain take it for a real executable."""

    def _put(name: str, script: str = "exit 0", folder: Path = path_folder) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return _put
