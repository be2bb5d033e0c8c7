"""The mesh of the tests of protocols, as `live` in the place of the one that other live tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.readers.files import read_snapshot


@pytest.fixture(scope="session")
def snapshot() -> MeshSnapshot:
    """What the mesh consists of."""
    return read_snapshot(Path(__file__).with_name("snapshot.yaml"))
