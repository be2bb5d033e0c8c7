"""A real mesh for the tests in this folder; where the machine cannot hold one they are skipped, and say why.

A test takes the fixture `live`: the mesh of its folder's `snapshot`, made once per run, as if it were new. Whatever a
test does to it (objects, killed pods, cut links, misbehaving apps) is undone afterwards, and a test fails when a proxy
refused a configuration meanwhile. A module about another mesh has a fixture `snapshot` of its own, and takes `running`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from lab.mesh import network
from lab.mesh.live import mesh
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

HERE = Path(__file__).parent
_FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a mesh, wherever it is skipped."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("live")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixture know how the test ended."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def needs_mesh() -> None:
    """Skip visibly where no mesh can run: without root, network namespaces or nf_tables."""
    if reason := network.why_not():
        pytest.skip(f"no live mesh on this machine: {reason}")


@pytest.fixture(scope="session")
def snapshot() -> MeshSnapshot:
    """What the shared mesh consists of."""
    document = yaml.safe_load((HERE / "snapshot.yaml").read_text(encoding="utf-8"))
    return MeshSnapshot.model_validate({"clusters": document["clusters"]})


@pytest.fixture(scope="session")
def mesh_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[MeshSnapshot], LiveMesh]]:
    """The mesh that a folder's tests share. It ends when the next folder asks for another: idle clusters take a part
    of a small machine from the others."""
    current: tuple[MeshSnapshot, LiveMesh] | None = None
    with ExitStack() as running:

        def shared(snapshot: MeshSnapshot) -> LiveMesh:
            nonlocal current
            if current is None or current[0] != snapshot:
                running.close()
                folder = tmp_path_factory.mktemp("live") / "lab"
                current = snapshot, running.enter_context(mesh(snapshot, folder=folder))
            return current[1]

        yield shared


@pytest.fixture(scope="module")
def shared(needs_mesh: None, mesh_of: Callable[[MeshSnapshot], LiveMesh], snapshot: MeshSnapshot) -> LiveMesh:
    """The shared mesh, in whatever state the last test left it; tests take `live`."""
    return mesh_of(snapshot)


@pytest.fixture
def live(shared: LiveMesh, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveMesh]:
    """The shared mesh as its snapshot describes it, and nothing else in it."""
    before = shared.rejections()
    yield shared
    refused = [rejection for rejection in shared.rejections() if rejection not in before]
    if refused or request.node.stash.get(_FAILED, True):
        shared.lab.save_logs(tmp_path / "logs")
        request.node.add_report_section("teardown", "the mesh", f"logs of every program are in {tmp_path / 'logs'}")
    shared.reset()
    assert [] == refused


@pytest.fixture(scope="module")
def running(needs_mesh: None, snapshot: MeshSnapshot) -> Iterator[LiveMesh]:
    """The mesh of a module that has a `snapshot` of its own, in whatever state the last test left it."""
    with mesh(snapshot) as made:
        yield made
        assert [] == made.rejections()
