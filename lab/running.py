"""What a caller holds while a lab runs: its clusters by name, each with a client and a switch."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lab import stop
from lab.api import Api
from lab.cluster import Cluster
from lab.errors import LabError
from lab.folder import LabFolder
from lab.health import is_healthy
from lab.ports import busy
from lab.programs import istio_crds, programs
from lab.reset import reset
from lab.start import Starter, start


class RunningCluster:
    """One cluster of a running lab."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.api = Api(cluster)

    @property
    def name(self) -> str:
        """Also the name of its context in the kubeconfig files."""
        return self.cluster.name

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig of this cluster alone."""
        return self.cluster.kubeconfig

    @property
    def server(self) -> str:
        """URL of the API server."""
        return self.cluster.server

    @property
    def is_healthy(self) -> bool:
        """Whether everything in it works at this moment."""
        return is_healthy(self.cluster)

    def stop(self) -> None:
        """End all its processes: its API server refuses connections from now on. Its data stays."""
        with self.cluster.lab.locked():
            stop.stop(self.cluster.lab, self.name)

    def start(self) -> None:
        """Start it again with its data and its ports; does nothing when it works.

        Raises LabError when somebody took one of its ports meanwhile.
        """
        with self.cluster.lab.locked():
            if self.is_healthy:
                return
            stop.stop(self.cluster.lab, self.name)
            if taken := busy(self.cluster.ports):
                raise LabError(f"{self.name} cannot start again: another program uses port {taken[0]}")
            starter = Starter(programs=programs(with_istiod=self.cluster.istiod), crds=istio_crds())
            try:
                start(self.cluster, starter)
            except BaseException:
                stop.stop(self.cluster.lab, self.name)
                raise

    def reset(self) -> None:
        """Delete what was put into it; see `lab.reset`. For tests that share a cluster."""
        reset(self.api)

    def __repr__(self) -> str:
        return f"<cluster {self.name} at {self.server}>"


class Lab(Mapping[str, RunningCluster]):
    """A running lab: a mapping from cluster name to cluster, in the order in which they were added."""

    def __init__(self, folder: LabFolder, clusters: Iterable[Cluster]) -> None:
        self._folder = folder
        self._clusters = {cluster.name: RunningCluster(cluster) for cluster in clusters}

    @property
    def folder(self) -> Path:
        """The lab's folder."""
        return self._folder.path

    @property
    def kubeconfig(self) -> Path:
        """One kubeconfig with all clusters; contexts are named like the clusters."""
        return self._folder.kubeconfig

    def save_logs(self, to: Path) -> None:
        """Copy every program's log to `to`/<cluster>/<program>.log, for a look after the lab is gone."""
        for name, running in self._clusters.items():
            shutil.copytree(running.cluster.folder / "log", to / name, dirs_exist_ok=True)

    def close(self) -> None:
        """Close the clients' connections; the clusters keep running."""
        for running in self._clusters.values():
            running.api.close()

    def __getitem__(self, name: str) -> RunningCluster:
        return self._clusters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._clusters)

    def __len__(self) -> int:
        return len(self._clusters)
