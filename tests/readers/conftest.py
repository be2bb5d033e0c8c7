"""What the tests of the readers share: texts become files, files are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from meshhub_pulumi.readers.files import read
from meshhub_pulumi.readers.loaded import Loaded

DECK = Path(__file__).parents[1] / "fixtures" / "deck"

Reader = Callable[..., Loaded]


@pytest.fixture
def deck() -> Path:
    """The folder with the deck's documents."""
    return DECK


@pytest.fixture
def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Read a text as `mesh.yaml`, by default over the deck's snapshot."""
    monkeypatch.chdir(tmp_path)

    def read_text(text: str, snapshot: Path | None = DECK / "snapshot.yaml") -> Loaded:
        Path("mesh.yaml").write_text(text, encoding="utf-8")
        return read(["mesh.yaml"], str(snapshot) if snapshot else None)

    return read_text
