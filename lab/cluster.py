"""One cluster as a value: its name, its ports, and where its files lie; the rest is derived from these."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.folder import LabFolder
from lab.ports import ADDRESS, Ports
from lab.state import ClusterState

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What is needed to start, reach and end one control plane."""

    name: str
    lab: LabFolder
    ports: Ports
    istiod: bool
    trust_domain: str

    @property
    def folder(self) -> Path:
        return self.lab.clusters / self.name

    @property
    def server(self) -> str:
        """URL of the API server."""
        return f"https://{ADDRESS}:{self.ports.api_server}"

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig of this cluster alone; its only context is named like the cluster."""
        return self.folder / "kubeconfig"

    @property
    def pki(self) -> Path:
        """Keys and certificates of the Kubernetes side (lab.pki)."""
        return self.folder / "pki"

    @property
    def mesh_ca(self) -> Path:
        """The mesh's intermediate authority for this cluster: istiod's ROOT_CA_DIR."""
        return self.folder / "mesh-ca"

    def log(self, program: str) -> Path:
        return self.folder / "log" / f"{program}.log"


def cluster_of(lab: LabFolder, state: ClusterState) -> Cluster:
    """The cluster that the lab remembers; it must have been given ports."""
    assert state.base is not None, f"cluster {state.name} has no ports yet"
    return Cluster(
        name=state.name,
        lab=lab,
        ports=Ports(base=state.base),
        istiod=state.istiod,
        trust_domain=state.trust_domain,
    )


def check_names(names: list[str]) -> None:
    """Raise LabError unless the names are distinct and fit for contexts, files and host names."""
    for name in names:
        if not _NAME.fullmatch(name):
            raise LabError(
                f"{name!r} cannot be the name of a cluster",
                advice="Use up to 63 lower-case letters, digits and inner hyphens.",
            )
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise LabError(f"cluster {repeated[0]!r} is named twice")
