"""kube-controller-manager: the few controllers that a mesh without nodes needs."""

from __future__ import annotations

from pathlib import Path

from lab import probe
from lab.cluster import Cluster
from lab.ports import ADDRESS
from lab.process import Command

PROGRAM = "kube-controller-manager"
CONTROLLERS = (
    "endpoints-controller",
    "endpointslice-controller",
    # Foreground deletion, which Pulumi uses, waits for this one for ever.
    "garbage-collector-controller",
    "namespace-controller",
    "serviceaccount-controller",
)


def command(binary: Path, cluster: Cluster) -> Command:
    """The controller manager; start it when the custom kinds are served.

    Its garbage collector looks for new kinds every 30 seconds only: of a kind that came later, a foreground
    deletion may take that long.
    """
    pki = cluster.pki
    return Command(
        cluster=cluster.name,
        program=PROGRAM,
        argv=(
            str(binary),
            f"--kubeconfig={cluster.kubeconfig}",
            f"--root-ca-file={pki / 'kube-ca.crt'}",
            "--leader-elect=false",
            f"--bind-address={ADDRESS}",
            f"--secure-port={cluster.ports.controller_manager}",
            f"--tls-cert-file={pki / 'api.crt'}",
            f"--tls-private-key-file={pki / 'api.key'}",
            f"--controllers={','.join(CONTROLLERS)}",
            # At the default of 20 calls a second the endpoints of 200 services take ten seconds, and as long as they
            # come one by one istiod keeps back what it has to tell.
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        ),
        folder=cluster.folder,
        log=cluster.log(PROGRAM),
    )


def unready(cluster: Cluster) -> str:
    """Why it does not work yet, in a few words; empty when it does."""
    url = f"https://{ADDRESS}:{cluster.ports.controller_manager}/healthz"
    return probe.unready(url, cluster.pki / "kube-ca.crt")
