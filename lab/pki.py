"""Every key and certificate of the lab, as PEM files.

    <lab>/mesh-root/        root.crt root.key                    signs the mesh authority of every cluster
    <cluster>/mesh-ca/      ca-cert.pem ca-key.pem               intermediate, signed by the mesh root
                            cert-chain.pem root-cert.pem         intermediate + root; root
    <cluster>/pki/          kube-ca.crt kube-ca.key              Kubernetes' own authority, one per cluster
                            api.crt api.key                      the API server's (and controller manager's)
                            admin.crt admin.key                  client, group system:masters
                            service-account.key .pub             signs service-account tokens

The mesh's keys are RSA, as Istio's own are; the rest is ECDSA, which costs no time to make. Each cluster
has its own Kubernetes authority: credentials of one cluster are worthless in another, as they are in real
fleets.
"""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.cluster import Cluster
from lab.files import write
from lab.folder import LabFolder

VALID = datetime.timedelta(days=365)
RENEW_BEFORE = datetime.timedelta(days=30)
"""A cluster that is started again gets new certificates when the old ones would end sooner than this."""
_CLOCK_SKEW = datetime.timedelta(hours=1)

API_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
API_ADDRESSES = ("127.0.0.1", "10.96.0.1")

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Authority:
    """A key that signs certificates, with its own certificate."""

    certificate: x509.Certificate
    key: Key


def make_mesh_root(lab: LabFolder) -> None:
    """Make the root that all clusters trust, unless there is a lasting one already."""
    folder = lab.mesh_root
    if _lasts(folder / "root.crt"):
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    root = _self_signed("meshhub lab", "mesh root", _rsa())
    _write_key(folder / "root.key", root.key)
    _write_certificates(folder / "root.crt", root.certificate)


def make_cluster_pki(cluster: Cluster) -> None:
    """Make a cluster's keys and certificates, unless there are lasting ones of the present root already.

    The mesh root must exist (make_mesh_root). All are replaced together; the cluster must not run then.
    """
    root = _read_authority(cluster.lab.mesh_root / "root.crt", cluster.lab.mesh_root / "root.key")
    # Written last, so its presence says that the rest is there too.
    last = cluster.mesh_ca / "root-cert.pem"
    if _lasts(last, cluster.pki / "api.crt") and last.read_bytes() == _pem(root.certificate):
        return
    for folder in (cluster.pki, cluster.mesh_ca):
        folder.mkdir(mode=0o700, exist_ok=True)
    last.unlink(missing_ok=True)
    _make_kubernetes(cluster)
    _make_mesh_authority(cluster, root)


def _make_kubernetes(cluster: Cluster) -> None:
    pki = cluster.pki
    authority = _self_signed("meshhub lab", f"{cluster.name} kubernetes", _ec())
    _write_key(pki / "kube-ca.key", authority.key)
    _write_certificates(pki / "kube-ca.crt", authority.certificate)

    api_key = _ec()
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in API_NAMES]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in API_ADDRESSES]
    api = _signed(
        authority,
        _name("meshhub lab", f"{cluster.name} api server"),
        api_key,
        (x509.SubjectAlternativeName(names), False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
    )
    _write_key(pki / "api.key", api_key)
    _write_certificates(pki / "api.crt", api)

    admin_key = _ec()
    admin = _signed(
        authority,
        _name("system:masters", "admin"),
        admin_key,
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
    )
    _write_key(pki / "admin.key", admin_key)
    _write_certificates(pki / "admin.crt", admin)

    service_account = _ec()
    _write_key(pki / "service-account.key", service_account)
    write(
        pki / "service-account.pub",
        service_account.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )


def _make_mesh_authority(cluster: Cluster, root: Authority) -> None:
    key = _rsa()
    certificate = _signed(
        root,
        _name("meshhub lab", f"{cluster.name} mesh"),
        key,
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_CA_USAGE, True),
    )
    _write_key(cluster.mesh_ca / "ca-key.pem", key)
    _write_certificates(cluster.mesh_ca / "ca-cert.pem", certificate)
    _write_certificates(cluster.mesh_ca / "cert-chain.pem", certificate, root.certificate)
    _write_certificates(cluster.mesh_ca / "root-cert.pem", root.certificate)


_CA_USAGE = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def _self_signed(organization: str, common_name: str, key: Key) -> Authority:
    subject = _name(organization, common_name)
    builder = _builder(subject, subject, key)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_CA_USAGE, critical=True)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def _signed(
    authority: Authority, subject: x509.Name, key: Key, *extensions: tuple[x509.ExtensionType, bool]
) -> x509.Certificate:
    builder = _builder(subject, authority.certificate.subject, key)
    issuer_key = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(authority.key, hashes.SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(organization: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _ec() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _rsa() -> Key:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _lasts(*certificates: Path) -> bool:
    """Whether all these files hold a certificate that ends later than RENEW_BEFORE from now."""
    deadline = datetime.datetime.now(datetime.UTC) + RENEW_BEFORE
    try:
        return all(
            x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc > deadline for path in certificates
        )
    except (OSError, ValueError):
        return False


def _read_authority(certificate: Path, key: Path) -> Authority:
    private = load_pem_private_key(key.read_bytes(), password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return Authority(x509.load_pem_x509_certificate(certificate.read_bytes()), private)


def _write_key(path: Path, key: Key) -> None:
    # PKCS #1 / SEC 1, the forms that every Kubernetes and Istio version reads.
    write(path, key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))


def _write_certificates(path: Path, *certificates: x509.Certificate) -> None:
    write(path, b"".join(_pem(certificate) for certificate in certificates))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
