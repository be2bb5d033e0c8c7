"""Kubeconfig files: contexts are clusters, credentials are inside, nobody else can read them."""

from __future__ import annotations

import base64

import yaml

from lab import pki
from lab.cluster import Cluster
from lab.folder import LabFolder
from lab.kubeconfig import write_kubeconfigs
from lab.ports import Ports


def clusters(lab: LabFolder) -> list[Cluster]:
    made = [
        Cluster(name=name, lab=lab, ports=Ports(base=base), istiod=True, trust_domain="cluster.local")
        for name, base in (("east", 20_000), ("west", 20_010))
    ]
    pki.make_mesh_root(lab)
    for cluster in made:
        cluster.folder.mkdir()
        pki.make_cluster_pki(cluster)
    write_kubeconfigs(lab, made)
    return made


def test_the_merged_file_has_a_context_per_cluster(lab_folder: LabFolder) -> None:
    """Context, cluster and user carry the cluster's name; the first cluster is current."""
    clusters(lab_folder)
    document = yaml.safe_load(lab_folder.kubeconfig.read_text())
    assert [context["name"] for context in document["contexts"]] == ["east", "west"]
    assert all(
        {"cluster": context["name"], "user": context["name"]} == context["context"] for context in document["contexts"]
    )
    assert document["current-context"] == "east"
    assert {entry["name"]: entry["cluster"]["server"] for entry in document["clusters"]} == {
        "east": "https://127.0.0.1:20002",
        "west": "https://127.0.0.1:20012",
    }


def test_credentials_are_embedded_and_differ_between_clusters(lab_folder: LabFolder) -> None:
    """No paths, so a copy of the file works; each cluster has its own authority and its own client."""
    east, _ = clusters(lab_folder)
    document = yaml.safe_load(lab_folder.kubeconfig.read_text())
    assert (east.pki / "admin.key").read_bytes() == base64.b64decode(document["users"][0]["user"]["client-key-data"])
    authorities = {entry["cluster"]["certificate-authority-data"] for entry in document["clusters"]}
    assert len(authorities) == 2
    assert str(lab_folder.path) not in lab_folder.kubeconfig.read_text()


def test_each_cluster_also_has_its_own_file(lab_folder: LabFolder) -> None:
    """That file holds this cluster and no other."""
    _, west = clusters(lab_folder)
    document = yaml.safe_load(west.kubeconfig.read_text())
    assert [context["name"] for context in document["contexts"]] == ["west"]


def test_nobody_else_can_read_them(lab_folder: LabFolder) -> None:
    """They hold private keys."""
    made = clusters(lab_folder)
    files = [lab_folder.kubeconfig, *(cluster.kubeconfig for cluster in made)]
    assert {0o600} == {file.stat().st_mode & 0o777 for file in files}
