"""What federation costs a client's proxy: its configuration and its memory, by the number of services.

Only the client's cluster is brought up. The other one is on paper: what a proxy is told of it does not depend on
whether anybody answers there. For every figure the client's proxy is started anew, since Envoy does not give memory
back that a larger configuration once took.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from typing import NamedTuple

import click

from bench.live_mesh import PORT, Objects, objects, shift, snapshot, spec
from bench.page import table
from lab import wait
from lab.mesh.live import mesh
from lab.mesh.pod import Pod
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

CLUSTER, OTHER = "east", "west"
NOTHING, REFERENCED, PERMISSIVE = "nothing applied", "referenced", "permissive"
EVERY = 10
"""Of so many services one has a policy that sends a share of its requests to the other cluster."""


class _Size(NamedTuple):
    config: float
    """KiB."""
    memory: float
    """MiB."""


def section(sizes: Sequence[int], runs: int) -> str:
    """The table."""
    rows = [row for size in sizes for row in _rows(size, runs)]
    titles = ("services in each cluster", "objects", "configuration, KiB", "ratio", "memory, MiB", "ratio")
    return f"Median of {runs} starts of the proxy; ratios to `{REFERENCED}`:\n\n{table(titles, rows)}"


def _rows(size: int, runs: int) -> list[list[str]]:
    services = ["reviews", *(f"service-{number:03}" for number in range(1, size))]
    seen = snapshot({CLUSTER: ("client", "reviews-v1"), OTHER: ("reviews-v1",)}, services[1:])
    here = MeshSnapshot(clusters={CLUSTER: seen.clusters[CLUSTER]})
    found: dict[str, _Size] = {}
    applied = {NOTHING: 0}
    with mesh(here) as running:
        found[NOTHING] = _size(running, [f"{service}.default.svc.cluster.local" for service in services], runs)
        for mode in (REFERENCED, PERMISSIVE):
            wanted = _federated(seen, mode, services[::EVERY])[CLUSTER]
            running.apply({CLUSTER: wanted})
            entries = [manifest["spec"] for manifest in wanted if manifest["kind"] == "ServiceEntry"]
            found[mode] = _size(running, [host for entry in entries for host in entry["hosts"]], runs)
            applied[mode] = len(wanted)
            click.echo(f"  {size} services, {mode}: {found[mode].config:.0f} KiB", err=True)
    return [[f"{size}, {mode}", str(applied[mode]), *_cells(found[mode], found[REFERENCED])] for mode in found]


def _cells(size: _Size, to: _Size) -> list[str]:
    config = [f"{size.config:.0f}", f"{size.config / to.config:.2f}"]
    return [*config, f"{size.memory:.1f}", f"{size.memory / to.memory:.2f}"]


def _federated(seen: MeshSnapshot, mode: str, shifted: Sequence[str]) -> Objects:
    joined = spec("VirtualMesh", "bench", clusters=[CLUSTER, OTHER], federation=mode)
    return objects(seen, [joined, *(shift(service, CLUSTER, OTHER, 20) for service in shifted)])


def _size(running: LiveMesh, hosts: Sequence[str], runs: int) -> _Size:
    client = running[CLUSTER].pod("client")
    # Endpoints of so many services come one by one, and as long as they do istiod keeps everything else back, up to
    # ten seconds; a mesh counts as settled meanwhile.
    wait.until(f"{len(hosts)} hosts in the client's proxy", lambda: _unknown(client, hosts))
    found = []
    for _ in range(runs):
        client.kill()
        client.start()
        running.settle()
        allocated = int(json.loads(client.admin("/memory"))["allocated"])
        found.append(_Size(len(_config(client).encode()) / 2**10, allocated / 2**20))
    return _Size(*(statistics.median(column) for column in zip(*found, strict=True)))


def _unknown(pod: Pod, hosts: Sequence[str]) -> str:
    """Which of these hosts its proxy does not know yet; empty when it knows all."""
    known = _config(pod)
    return next((f"no {host}" for host in hosts if f"outbound|{PORT}||{host}" not in known), "")


def _config(pod: Pod) -> str:
    return pod.admin("/config_dump?include_eds")
