"""kube-apiserver: one cluster's Kubernetes API, without kubelets or containers behind it."""

from __future__ import annotations

from pathlib import Path

from lab import etcd
from lab.cluster import Cluster
from lab.ports import ADDRESS
from lab.process import Command

PROGRAM = "kube-apiserver"
SERVICE_RANGE = "10.96.0.0/16"
"""Where Services get their clusterIP from; the same in every cluster, as it is in most fleets."""


def command(binary: Path, cluster: Cluster) -> Command:
    """The API server; it may be started together with etcd and waits for it.

    Admission is the default set, webhooks included, except what needs controllers or nodes that do not exist.
    """
    pki = cluster.pki
    return Command(
        cluster=cluster.name,
        program=PROGRAM,
        argv=(
            str(binary),
            f"--etcd-servers={etcd.url(cluster)}",
            f"--bind-address={ADDRESS}",
            f"--advertise-address={ADDRESS}",
            f"--secure-port={cluster.ports.api_server}",
            f"--cert-dir={cluster.folder / 'apiserver'}",
            f"--tls-cert-file={pki / 'api.crt'}",
            f"--tls-private-key-file={pki / 'api.key'}",
            f"--client-ca-file={pki / 'kube-ca.crt'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki / 'service-account.pub'}",
            f"--service-account-signing-key-file={pki / 'service-account.key'}",
            # istio-ca is the audience of the tokens that proxies show to istiod.
            "--api-audiences=https://kubernetes.default.svc,istio-ca",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            "--authorization-mode=RBAC",
            # An Endpoints object of the API server itself may not hold a loopback address.
            "--endpoint-reconciler-type=none",
            "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition,Priority",
            "--profiling=false",
        ),
        folder=cluster.folder,
        log=cluster.log(PROGRAM),
    )
