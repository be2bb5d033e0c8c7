"""etcd: where one cluster's API server keeps its objects."""

from __future__ import annotations

from pathlib import Path

from lab import probe
from lab.cluster import Cluster
from lab.ports import ADDRESS
from lab.process import Command

PROGRAM = "etcd"


def command(binary: Path, cluster: Cluster) -> Command:
    """etcd with its data in the cluster's folder.

    It does not force its writes to the disk. Killing it loses nothing, since the kernel has the data by then;
    the machine going down may, so data of an earlier boot is not used again (lab.bring_up).
    """
    client, peer = url(cluster), f"http://{ADDRESS}:{cluster.ports.etcd_peer}"
    return Command(
        cluster=cluster.name,
        program=PROGRAM,
        argv=(
            str(binary),
            f"--data-dir={data(cluster)}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            # Milliseconds. A lone member elects itself after the second, by default up to a second late. It wakes with
            # every beat, though nobody hears it, and wants five of them in an election.
            "--heartbeat-interval=100",
            "--election-timeout=500",
            "--log-level=warn",
        ),
        folder=cluster.folder,
        log=cluster.log(PROGRAM),
    )


def data(cluster: Cluster) -> Path:
    """Everything that the cluster remembers."""
    return cluster.folder / "etcd"


def url(cluster: Cluster) -> str:
    """Where the API server reaches it."""
    return f"http://{ADDRESS}:{cluster.ports.etcd_client}"


def unready(cluster: Cluster) -> str:
    """Why it cannot be used yet, in a few words; empty when it can."""
    return probe.unready(f"{url(cluster)}/health")
