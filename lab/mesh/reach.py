"""HTTP to what listens on loopback inside a network namespace, without a process in there."""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPException

from lab.errors import LabError
from lab.mesh import namespace


class NoAnswerError(LabError):
    """Nothing in the namespace answered."""


def ask(netns: str, port: int, method: str, path: str, *, timeout: float = 5.0) -> tuple[int, str]:
    """Status and body of what http://127.0.0.1:`port` answers inside the namespace; raises NoAnswerError."""
    connection = _InsideConnection(netns, port, timeout)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, HTTPException) as problem:
        raise NoAnswerError(f"port {port} in {netns}: {problem or type(problem).__name__}") from None
    finally:
        connection.close()


class _InsideConnection(HTTPConnection):
    def __init__(self, netns: str, port: int, timeout: float) -> None:
        super().__init__("127.0.0.1", port, timeout=timeout)
        self._netns = netns

    def connect(self) -> None:
        self.sock = namespace.call(self._netns, socket.socket)
        self.sock.settimeout(self.timeout)
        self.sock.connect((self.host, self.port))
