"""Whether a cluster works: one verdict per program, from its process and from what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab import apiserver, controller_manager, etcd, istiod, procfs, webhook
from lab.api import Api
from lab.cluster import Cluster
from lab.errors import LabError
from lab.process import Process, recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One program of one cluster."""

    cluster: str
    program: str
    pid: int | None
    ports: tuple[int, ...]
    resident_bytes: int
    trouble: str
    """What is wrong, in a few words; empty when it works."""


def health(cluster: Cluster) -> list[Health]:
    """The verdicts on all programs that the cluster should have, in the order of their start."""
    ports = cluster.ports
    api = Api(cluster, timeout=5.0)
    expected: list[tuple[str, tuple[int, ...], Callable[[], str]]] = [
        (etcd.PROGRAM, (ports.etcd_client, ports.etcd_peer), lambda: etcd.unready(cluster)),
        (apiserver.PROGRAM, (ports.api_server,), api.unready),
        (
            controller_manager.PROGRAM,
            (ports.controller_manager,),
            lambda: controller_manager.unready(cluster),
        ),
    ]
    if cluster.istiod:
        istiod_ports = tuple(range(ports.istiod_http, ports.istiod_monitoring + 1))
        expected.append((istiod.PROGRAM, istiod_ports, lambda: _istiod_trouble(cluster, api)))
    processes = {process.program: process for process in recorded(cluster.lab, cluster.name)}
    try:
        return [
            _verdict(cluster, program, ports_of, processes.get(program), unready)
            for program, ports_of, unready in expected
        ]
    finally:
        api.close()


def is_healthy(cluster: Cluster) -> bool:
    """Whether all of the cluster's programs work."""
    return not any(verdict.trouble for verdict in health(cluster))


def _verdict(
    cluster: Cluster,
    program: str,
    ports: tuple[int, ...],
    process: Process | None,
    unready: Callable[[], str],
) -> Health:
    alive = process is not None and process.is_alive()
    return Health(
        cluster=cluster.name,
        program=program,
        pid=process.pid if process is not None and alive else None,
        ports=ports,
        resident_bytes=procfs.resident_bytes(process.pid) if process is not None and alive else 0,
        # What answers on the port of a process that is gone is somebody else's.
        trouble=unready() if alive else "not running",
    )


def _istiod_trouble(cluster: Cluster, api: Api) -> str:
    if trouble := istiod.unready(cluster):
        return trouble
    try:
        return webhook.open_still(api)
    except LabError as problem:
        return problem.message
