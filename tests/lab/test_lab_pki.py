"""Keys and certificates: chains verify, belong together, and are renewed before they end."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store

from lab import pki
from lab.cluster import Cluster
from lab.folder import LabFolder
from lab.ports import Ports


def make(lab: LabFolder, name: str) -> Cluster:
    cluster = Cluster(name=name, lab=lab, ports=Ports(base=20_000), istiod=True, trust_domain="cluster.local")
    cluster.folder.mkdir(exist_ok=True)
    pki.make_mesh_root(lab)
    pki.make_cluster_pki(cluster)
    return cluster


def certificates(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


def test_the_api_servers_certificate_verifies_for_its_names(lab_folder: LabFolder) -> None:
    """A client that trusts the cluster's authority accepts 127.0.0.1 and localhost."""
    east = make(lab_folder, "east")
    [api] = certificates(east.pki / "api.crt")
    [authority] = certificates(east.pki / "kube-ca.crt")
    verifier = PolicyBuilder().store(Store([authority])).build_server_verifier(x509.DNSName("localhost"))
    assert [api, authority] == verifier.verify(api, [])
    names = api.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "127.0.0.1" in map(str, names.get_values_for_type(x509.IPAddress))


def test_the_administrator_is_of_the_group_that_may_do_everything(lab_folder: LabFolder) -> None:
    """Kubernetes reads the user from CN and the group from O; the cluster's authority signed it."""
    east = make(lab_folder, "east")
    [admin] = certificates(east.pki / "admin.crt")
    admin.verify_directly_issued_by(certificates(east.pki / "kube-ca.crt")[0])
    assert [
        ({NameOID.ORGANIZATION_NAME: "O", NameOID.COMMON_NAME: "CN"}[part.oid], part.value) for part in admin.subject
    ] == [("O", "system:masters"), ("CN", "admin")]


def test_the_mesh_authorities_of_all_clusters_share_one_root(lab_folder: LabFolder) -> None:
    """Each cluster's chain is intermediate + root, the intermediate may sign leaves only, and keys differ."""
    east, west = make(lab_folder, "east"), make(lab_folder, "west")
    [root] = certificates(lab_folder.mesh_root / "root.crt")
    for cluster in (east, west):
        intermediate, above = certificates(cluster.mesh_ca / "cert-chain.pem")
        assert root == above == certificates(cluster.mesh_ca / "root-cert.pem")[0]
        assert [intermediate] == certificates(cluster.mesh_ca / "ca-cert.pem")
        intermediate.verify_directly_issued_by(root)
        constraints = intermediate.extensions.get_extension_for_class(x509.BasicConstraints)
        assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    assert (east.mesh_ca / "ca-key.pem").read_bytes() != (west.mesh_ca / "ca-key.pem").read_bytes()


@pytest.mark.parametrize(
    ("key", "certificate"),
    [
        ("pki/api.key", "pki/api.crt"),
        ("pki/admin.key", "pki/admin.crt"),
        ("pki/kube-ca.key", "pki/kube-ca.crt"),
        ("pki/service-account.key", "pki/service-account.pub"),
        ("mesh-ca/ca-key.pem", "mesh-ca/ca-cert.pem"),
    ],
)
def test_every_key_fits_its_certificate_and_is_private(lab_folder: LabFolder, key: str, certificate: str) -> None:
    """Public halves are equal, and only the owner can read the key."""
    folder = make(lab_folder, "east").folder
    private = load_pem_private_key((folder / key).read_bytes(), password=None)
    text = (folder / certificate).read_bytes()
    public = load_pem_public_key(text) if b"PUBLIC" in text else x509.load_pem_x509_certificate(text).public_key()
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert public.public_bytes(*form) == private.public_key().public_bytes(*form)
    assert (folder / key).stat().st_mode & 0o777 == 0o600


def test_making_again_keeps_what_lasts(lab_folder: LabFolder) -> None:
    """A cluster that starts again keeps its keys, so credentials that were handed out stay good."""
    before = (make(lab_folder, "east").pki / "admin.crt").read_bytes()
    assert before == (make(lab_folder, "east").pki / "admin.crt").read_bytes()


def test_certificates_that_end_soon_are_renewed(lab_folder: LabFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Close to their end all of a cluster's certificates are made anew, the root included."""
    monkeypatch.setattr(pki, "VALID", pki.RENEW_BEFORE - datetime.timedelta(days=1))
    east = make(lab_folder, "east")
    files = [east.pki / "api.crt", east.mesh_ca / "ca-cert.pem", lab_folder.mesh_root / "root.crt"]
    before = [file.read_bytes() for file in files]
    monkeypatch.undo()
    make(lab_folder, "east")
    assert not set(before) & {file.read_bytes() for file in files}


def test_a_half_made_set_is_made_again(lab_folder: LabFolder) -> None:
    """When making was cut short, the next start does not trust what is there."""
    east = make(lab_folder, "east")
    before = (east.pki / "api.crt").read_bytes()
    (east.mesh_ca / "root-cert.pem").unlink()
    make(lab_folder, "east")
    assert before != (east.pki / "api.crt").read_bytes()
