"""Kubeconfig files with embedded credentials: one per cluster, and one with every cluster as a context."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from lab.cluster import Cluster
from lab.files import write
from lab.folder import LabFolder


def kubeconfig(clusters: Iterable[Cluster]) -> dict[str, Any]:
    """The document for these clusters: context, cluster and user are all named by the cluster.

    The first cluster is the current context. Credentials are embedded, never paths: istiod refuses paths in
    remote secrets, and such a file can be copied. Their files must have been made (lab.pki).
    """
    entries = [(cluster, _embedded(cluster)) for cluster in clusters]
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": cluster.name,
                "cluster": {
                    "server": cluster.server,
                    "certificate-authority-data": credentials["kube-ca.crt"],
                },
            }
            for cluster, credentials in entries
        ],
        "users": [
            {
                "name": cluster.name,
                "user": {
                    "client-certificate-data": credentials["admin.crt"],
                    "client-key-data": credentials["admin.key"],
                },
            }
            for cluster, credentials in entries
        ],
        "contexts": [
            {"name": cluster.name, "context": {"cluster": cluster.name, "user": cluster.name}} for cluster, _ in entries
        ],
        "current-context": entries[0][0].name if entries else "",
    }


def write_kubeconfigs(lab: LabFolder, clusters: list[Cluster]) -> None:
    """Write the file of every cluster and the file of all; each is readable by its owner only."""
    for cluster in clusters:
        _write(cluster.kubeconfig, [cluster])
    _write(lab.kubeconfig, clusters)


def _write(path: Path, clusters: list[Cluster]) -> None:
    write(path, yaml.safe_dump(kubeconfig(clusters), sort_keys=False))


def _embedded(cluster: Cluster) -> dict[str, str]:
    return {
        name: base64.b64encode((cluster.pki / name).read_bytes()).decode()
        for name in ("kube-ca.crt", "admin.crt", "admin.key")
    }
