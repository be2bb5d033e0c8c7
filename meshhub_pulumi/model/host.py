"""Names derived from names: host names, object names, virtual IPs. Pure, and equal in every cluster."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

_TO_DASH = str.maketrans(dict.fromkeys("*/.: _", "-") | dict.fromkeys("[]\n\"'"))
_LONGEST_NAME = 63
_READABLE_PART = 31


@cache
def sanitize(name: str, keep: str = "") -> str:
    """A Kubernetes object name of any text: at most 63 characters, long ones shortened with a hash.

    The scheme is Service Mesh Hub's: separators (but those in `keep`) become `-`, brackets and quotes go, and
    a name over 63 characters keeps its first 31 and continues with its MD5.
    """
    text = "".join(x if x in keep else x.translate(_TO_DASH) for x in name)
    if len(text) > _LONGEST_NAME:
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        text = f"{text[:_READABLE_PART]}-{digest}"[:_LONGEST_NAME]
    return text.lower()


def subset_name(labels: Mapping[str, str], joint: str = "-") -> str:
    """The name of a subset: its labels in order, `key-value` each, joined by `joint`."""
    # a label without a value is its key alone: no name may end in a dash
    parts = (f"{key}-{value}".removesuffix("-") for key, value in sorted(labels.items()))
    return sanitize(joint.join(parts), keep=joint)


_FNV_OFFSET = 0x811C9DC5
_FNV_PRIME = 0x01000193
_CLASS_E = 0xF0


@cache
def virtual_ip(name: str, namespace: str, cluster: str, scope: str) -> str:
    """The address of a federated host in 240.0.0.0/4: FNV-1 of its name, low octet first.

    Service Mesh Hub's rule, kept so that a mesh keeps its addresses: reviews/default/kind3 is 253.124.25.94.
    """
    hashed = _FNV_OFFSET
    for octet in f"{name}{namespace}{cluster}{scope}".encode():
        hashed = (hashed * _FNV_PRIME & 0xFFFFFFFF) ^ octet
    first, *rest = (hashed >> shift & 0xFF for shift in (0, 8, 16, 24))
    return ".".join(map(str, [first | _CLASS_E, *rest]))


_PREFIXES = {
    "http": "HTTP",
    "http2": "HTTP2",
    "grpc": "GRPC",
    "grpc-web": "GRPC-Web",
    "https": "HTTPS",
    "tls": "TLS",
    "tcp": "TCP",
    "mongo": "Mongo",
    "mysql": "MySQL",
    "redis": "Redis",
}
HTTP_PROTOCOLS = frozenset({"HTTP", "HTTP2", "GRPC", "GRPC-Web"})
"""The protocols whose requests a proxy can see, route and retry."""


def protocol_of(name: str, app_protocol: str | None, transport: str) -> str | None:
    """The protocol a port declares by `appProtocol`, else by the prefix of its name; None where it is silent.

    Istio's explicit protocol selection. UDP is never part of the mesh.
    """
    if transport.upper() == "UDP":
        return "UDP"
    if app_protocol:
        declared = app_protocol.lower().removeprefix("kubernetes.io/")
        return {"h2c": "HTTP2", "ws": "HTTP", "wss": "HTTPS"}.get(declared, _PREFIXES.get(declared))
    if name.startswith("grpc-web"):
        return "GRPC-Web"
    return _PREFIXES.get(name.split("-", 1)[0].lower())
