"""From a policy change to the last proxy that has it.

A change is a new weight in a VirtualService. The clock starts when the API server has answered that it accepted the
write, istiod's webhook included. It stops when Envoy's own admin interface shows the weight among its routes: every
sidecar concerned is asked in turn, again and again, until it does.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import click

from bench.live_mesh import Objects, objects, shift, snapshot, spec
from bench.page import table
from lab.errors import LabError
from lab.mesh.live import mesh
from lab.mesh.plan import Role
from lab.mesh.pod import Pod
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec

EAST, WEST = "east", "west"
PODS = ("reviews-v1", "reviews-v2", "reviews-v3", "ratings", "client")
"""Of each cluster."""
HALF, MOST = 50, 40
"""Percent: what a share is at first, and the largest that it is changed to."""
ROUTES = "/config_dump?resource=dynamic_route_configs"
BETWEEN = 0.001
"""Seconds between two rounds of questions."""
LIMIT = 10.0


class _Arrival(NamedTuple):
    """Seconds."""

    first: float
    last: float


def section(changes: int) -> str:
    """The table."""
    seen = snapshot(dict.fromkeys((EAST, WEST), PODS))
    rows = []
    with mesh(seen) as running:
        # Where callers in west may be sent to east as well, they have to follow the change, too.
        for title, beside in (("one object", []), ("one object in each cluster", [shift("reviews", WEST, EAST, HALF)])):
            arrivals, proxies = _changes(running, seen, beside, changes)
            rows.append([f"{title}, {proxies} proxies", *_cells(arrivals)])
            click.echo(f"  {title}: {' / '.join(rows[-1][1:])} s", err=True)
    titles = ("", "first proxy, p50", "last proxy, p50", "last proxy, p99", "last proxy, worst")
    return f"{changes} changes each, seconds:\n\n{table(titles, rows)}"


def _changes(running: LiveMesh, seen: MeshSnapshot, beside: Sequence[Spec], count: int) -> tuple[list[_Arrival], int]:
    """What became of so many changes, and how many proxies each concerned."""

    def shifted(weight: int) -> Objects:
        joined = spec("VirtualMesh", "bench", clusters=[EAST, WEST])
        return objects(seen, [joined, shift("reviews", EAST, WEST, weight), *beside])

    before = shifted(HALF)
    running.apply(before)
    arrivals, concerned = [], []
    for number in range(count):
        # Two in a row share no number, neither the share nor what it leaves.
        weight = 1 + number % MOST
        after = shifted(weight)
        wanted = _difference(before, after)
        concerned = [pod for name in wanted for pod in running[name].pods if pod.plan.role is Role.SIDECAR]
        arrivals.append(_change(running, wanted, concerned, weight))
        before = after
    return arrivals, len(concerned)


def _difference(before: Objects, after: Objects) -> Objects:
    """What has to be written, by cluster: one object each."""
    changed = {name: [each for each in after[name] if each not in before[name]] for name in after}
    wanted = {name: each for name, each in changed.items() if each}
    if any(len(each) != 1 for each in wanted.values()):
        raise LabError(f"a change of a weight is not one object, but {wanted}")
    return wanted


def _change(running: LiveMesh, wanted: Objects, concerned: Sequence[Pod], weight: int) -> _Arrival:
    def write(name: str) -> float:
        running[name].api.apply(wanted[name])
        return time.monotonic()

    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        accepted = dict(zip(wanted, pool.map(write, wanted), strict=True))
    waiting, arrived = list(concerned), []
    while waiting:
        for pod in list(waiting):
            if _has(pod, weight):
                arrived.append(time.monotonic() - accepted[pod.plan.cluster])
                waiting.remove(pod)
            elif time.monotonic() > max(accepted.values()) + LIMIT:
                raise LabError(f"{pod!r} does not have the weight {weight} after {LIMIT:.0f} s")
        time.sleep(BETWEEN)
    return _Arrival(min(arrived), max(arrived))


def _has(pod: Pod, weight: int) -> bool:
    return re.search(rf'"weight": {weight}\b', pod.admin(ROUTES)) is not None


def _cells(arrivals: Sequence[_Arrival]) -> list[str]:
    first, last = [each.first for each in arrivals], sorted(each.last for each in arrivals)
    figures = (statistics.median(first), statistics.median(last), _percentile(last, 99), last[-1])
    return [f"{seconds:.3f}" for seconds in figures]


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """The nearest rank: the smallest value that so many percent do not exceed."""
    return ordered[-(-len(ordered) * percent // 100) - 1]
