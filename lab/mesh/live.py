"""A mesh for the length of a `with` block.

    with live.mesh(read_snapshot(Path("examples/bookinfo/snapshot.yaml"))) as mesh:
        mesh.apply({"kind2": [...], "kind3": [...]})
        mesh["kind2"].pod("client").call("http://reviews:9080/", n=2000).assert_shares({"v3@kind3": 75, ...})

`lab.mesh.bring_up` has `up` and `attach` for one that stays; `python -m lab down` takes it away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.embed import temporary
from lab.mesh.bring_up import up
from lab.mesh.running import LiveMesh
from lab.start import Report, silent
from meshhub_pulumi.model.snapshot import MeshSnapshot


@contextmanager
def mesh(snapshot: MeshSnapshot, *, folder: Path | str | None = None, report: Report = silent) -> Iterator[LiveMesh]:
    """The mesh that the snapshot describes, while the block runs; see `lab.mesh.bring_up.up`.

    `folder` is a new or empty folder, by default a new one among the temporary files. Nothing stays behind: no
    process, no network namespace and no file, not even when this process is killed (lab.guard).
    """
    with temporary(folder) as lab:
        running = up(snapshot, folder=lab.path, report=report)
        try:
            yield running
        finally:
            running.close()
