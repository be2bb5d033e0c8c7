"""What the app of a pod speaks at a port, told from how the Service's port is declared."""

from __future__ import annotations

from enum import Enum

from meshhub_pulumi.model.host import protocol_of
from meshhub_pulumi.model.snapshot import ServicePort


class Speech(Enum):
    """As the app calls it in its order (lab.mesh.app)."""

    PLAIN = "ports"
    """HTTP/1.1, or lines of text; the client speaks first."""
    GREETING = "greeting"
    """Lines of text; the server speaks first."""
    HTTP2 = "http2"
    """HTTP/2 from the first byte, gRPC included."""

    @classmethod
    def of(cls, port: ServicePort) -> Speech:
        """HTTP/2 where Istio takes it for that or gRPC; a server speaks first at `mysql`, `tcp-smtp` or such."""
        if protocol_of(port.name, port.app_protocol, port.protocol) in ("HTTP2", "GRPC"):
            return cls.HTTP2
        if _SERVER_FIRST.isdisjoint({*port.name.split("-"), (port.app_protocol or "").lower()}):
            return cls.PLAIN
        return cls.GREETING


_SERVER_FIRST = frozenset({"mysql", "smtp", "ssh"})
