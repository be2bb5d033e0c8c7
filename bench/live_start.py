"""From nothing to the first answer through the mesh, and the memory that all processes of the mesh take."""

from __future__ import annotations

import time
from typing import NamedTuple

import click

from bench.live_mesh import REVIEWS, objects, shift, snapshot, spec
from bench.page import middle_and_worst, table
from lab import procfs, wait
from lab.mesh.live import mesh
from lab.mesh.programs import programs
from lab.mesh.running import LiveMesh
from lab.process import MARK

PODS = ("reviews-v1", "reviews-v2", "reviews-v3", "client")
"""Of each cluster."""
CLUSTERS = (("east", "west"), ("east", "west", "north"))


class _Start(NamedTuple):
    ready: float
    """Seconds until every proxy had its configuration."""
    answered: float
    """Seconds until the first answer from another cluster."""
    memory: float
    """GiB."""


def section(runs: int) -> str:
    """The table."""
    programs()  # made now, if they are missing: that is no part of a start
    rows = []
    for names in CLUSTERS:
        starts = []
        for number in range(runs):
            starts.append(_start(names))
            click.echo(f"  {len(names)} clusters, {number + 1} of {runs}: {starts[-1].answered:.1f} s", err=True)
        columns = zip(*starts, strict=True)
        cells = (middle_and_worst(column, "{:.1f}".format) for column in columns)
        rows.append([f"{len(names)} clusters, {len(names) * (len(PODS) + 1)} proxies", *cells])
    titles = ("", "proxies ready, s", "first answer from another cluster, s", "memory, GiB")
    return f"Median (worst) of {runs} starts:\n\n{table(titles, rows)}"


def _start(names: tuple[str, ...]) -> _Start:
    seen = snapshot(dict.fromkeys(names, PODS))
    asked = [spec("VirtualMesh", "bench", clusters=list(names)), shift("reviews", names[0], names[1], 100)]
    begun = time.monotonic()
    with mesh(seen) as running:
        ready = time.monotonic() - begun
        running.apply(objects(seen, asked))
        _await_answer(running, names[0], names[1])
        answered = time.monotonic() - begun
        return _Start(ready, answered, _memory(running) / 2**20)


def _await_answer(running: LiveMesh, caller: str, server: str) -> None:
    client = running[caller].pod("client")

    def unanswered() -> str:
        (answer,) = client.call(REVIEWS, fresh=True)
        return "" if answer.status == 200 and answer.seen and answer.seen.cluster == server else repr(answer)

    wait.until(f"an answer from {server}", unanswered, limit=30.0)


def _memory(running: LiveMesh) -> int:
    """KiB of all its processes, what several share counted once.

    What the whole machine has left would also tell what other programs do, by as much again.
    """
    return sum(_proportional(pid) for pid in procfs.carriers(MARK, str(running.lab.folder)))


def _proportional(pid: int) -> int:
    try:
        lines = (procfs.PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:  # ended meanwhile
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
