"""The mesh of the tests of protocols, as `live` in the place of the one that other live tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.mesh.live import mesh
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.readers.files import read_snapshot


@pytest.fixture(scope="session")
def snapshot() -> MeshSnapshot:
    """What the mesh consists of."""
    return read_snapshot(Path(__file__).with_name("snapshot.yaml"))


@pytest.fixture(scope="session")
def shared(needs_mesh: None, snapshot: MeshSnapshot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveMesh]:
    """The mesh, in whatever state the last test left it; tests take `live`."""
    with mesh(snapshot, folder=tmp_path_factory.mktemp("protocols") / "lab") as running:
        yield running
