"""A TLS client that asks for any name and shows any certificate, as no proxy of the mesh would.

    dial(pod, "172.18.0.230", sni=sni_of("reviews.default.svc.kind3.global", 9080), identity=issued(authority, uri))

It connects from inside a pod's network namespace. The pod should be one without a sidecar, or the sidecar gets the
connection.
"""

from __future__ import annotations

import datetime
import json
import socket
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.mesh import namespace
from lab.mesh.pod import Pod
from lab.mesh.running import LiveCluster
from lab.mesh.seen import Seen

GATEWAY_PORT = 15443
CLOSED = "closed"
"""The server ended the connection without a word: a gateway that does not know the name does so."""
_HOUR = datetime.timedelta(hours=1)
_ALPN = "istio"
"""By which a server that also takes plaintext tells the mesh's TLS from that of apps."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs: its key, its certificate, and what of its chain a client has to send along."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What came of a connection: what the app saw, or how it was refused: an alert of TLS, CLOSED, `status 403`."""

    seen: Seen | None = None
    refused: str = ""


def authority_of(cluster: LiveCluster) -> Authority:
    """The authority by which this cluster's istiod signs."""
    folder = cluster.control_plane.cluster.mesh_ca
    certificate = x509.load_pem_x509_certificate((folder / "ca-cert.pem").read_bytes())
    key = load_pem_private_key((folder / "ca-key.pem").read_bytes(), password=None)
    return Authority(key, certificate, (folder / "cert-chain.pem").read_bytes())


def foreign_authority() -> Authority:
    """The authority of another mesh: nobody here has heard of its root."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "another mesh")])
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    certificate = _builder(name, name, key).add_extension(constraints, critical=True).sign(key, hashes.SHA256())
    return Authority(key, certificate, certificate.public_bytes(Encoding.PEM))


def issued(authority: Authority, uri: str, *, hours: float = 1.0) -> bytes:
    """A client certificate for this SPIFFE id with its key and chain, in PEM; it ends after so many hours."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = _builder(x509.Name([]), authority.certificate.subject, key, hours=hours)
    builder = builder.add_extension(names, critical=True).add_extension(usage, critical=False)
    certificate = builder.sign(authority.key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM) + authority.chain


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, hours: float = 1.0
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 24 * _HOUR)
        .not_valid_after(now + hours * _HOUR)
    )


def sni_of(host: str, port: int, subset: str = "") -> str:
    """The name by which proxies of the mesh ask a gateway for a host's port."""
    return f"outbound_.{port}_.{subset}_.{host}"


def dial(pod: Pod, address: str, *, sni: str, identity: bytes = b"", port: int = GATEWAY_PORT) -> Greeting:
    """Connect to the address, ask for the name, show the certificate if there is one, and send a request.

    The server must be of the mesh too: ssl.SSLCertVerificationError when it is not.
    """
    context = _context(pod.cluster.cluster.mesh_ca / "root-cert.pem", identity)
    connection = HTTPConnection(sni)
    with namespace.call(pod.netns, socket.socket) as plain:
        plain.settimeout(5.0)
        try:
            plain.connect((address, port))
            with context.wrap_socket(plain, server_hostname=sni) as connection.sock:
                connection.request("GET", "/")
                answer = connection.getresponse()
                if answer.status != HTTPStatus.OK:
                    return Greeting(refused=f"status {answer.status}")
                return Greeting(seen=Seen.parse(json.loads(answer.read())))
        except ssl.SSLCertVerificationError:
            raise
        except (ConnectionResetError, ssl.SSLEOFError):
            return Greeting(refused=CLOSED)
        except ssl.SSLError as problem:
            return Greeting(refused=problem.reason)


def _context(root: Path, identity: bytes) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(root))
    # The names in the mesh's certificates are URIs.
    context.check_hostname = False
    context.set_alpn_protocols([_ALPN])
    # Whose handshake ends when both sides are content: in 1.3 a refusal may be lost behind the first request.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    if identity:
        with NamedTemporaryFile() as file:
            file.write(identity)
            file.flush()
            context.load_cert_chain(file.name)
    return context
