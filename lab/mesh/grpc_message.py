"""A message of gRPC in the body of HTTP/2: a byte of flags, four of length, itself. A unary call has one each way."""

from __future__ import annotations

import struct

from lab.mesh.wire import MalformedError

CONTENT_TYPE = "application/grpc+json"
"""What the apps and callers of the lab say to each other; Envoy takes every `application/grpc+...` for gRPC."""
_PREFIX = struct.Struct("!BI")


def framed(message: bytes) -> bytes:
    """The body that holds this message."""
    return _PREFIX.pack(0, len(message)) + message


def unframed(body: bytes) -> bytes:
    """The message in a body. Raises MalformedError when there is not exactly one, or it is compressed."""
    if len(body) < _PREFIX.size or _PREFIX.unpack_from(body) != (0, len(body) - _PREFIX.size):
        raise MalformedError("not one uncompressed message of gRPC")
    return body[_PREFIX.size :]
