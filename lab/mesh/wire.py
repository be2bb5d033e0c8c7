"""Reading HTTP/1.1 messages and lines from a socket, for the test app's side and the caller's alike.

Blocking and strict: a message is read completely or an error says why not. Standard library only.
"""

from __future__ import annotations

import socket
import string
import time

Headers = list[tuple[str, str]]
"""Names in lower case, in the order of arrival; a name may come more than once."""

IDENTITY = "x-lab-request"
"""The header by which callers number their requests, and apps count the arrivals of each."""
MOST_HEAD = 256 * 1024
"""Bytes of all headers, or of a line. More than Envoy passes on (60 KiB by default)."""
MOST_BODY = 16 * 1024 * 1024

_BREAKS = frozenset("\r\n\0")
_HEXADECIMAL = frozenset(string.hexdigits)
_TOKEN = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")


class MalformedError(Exception):
    """What arrived is not HTTP/1.1, or too large; `status` is what a server answers to it."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class ClosedError(Exception):
    """The other side closed the connection before the message was complete."""


class Reader:
    """What arrives on one connection, cut into messages.

    Every method raises ClosedError when the connection ends too early, TimeoutError when `deadline` (of
    time.monotonic; None waits for ever) has passed, and OSError as the socket does.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.deadline: float | None = None
        self._connection = connection
        self._buffer = bytearray()

    def line(self) -> bytes | None:
        """A line without its end; None when the connection ends before the first byte. Raises MalformedError."""
        if not self._buffer and not self._receive():
            return None
        return self._line()

    def headers(self) -> Headers:
        """The headers that follow a start line. Raises MalformedError."""
        found: Headers = []
        size = 0
        while line := self._line():
            size += len(line)
            if size > MOST_HEAD:
                raise MalformedError(f"more than {MOST_HEAD} bytes of headers", status=431)
            found.append(header(line.decode("latin-1")))
        return found

    def body(self, headers: Headers, *, to_the_end: bool = False) -> bytes:
        """The body that the headers announce; without an announcement nothing, or all that comes `to_the_end`.

        Raises MalformedError.
        """
        codings = [value.lower() for name, value in headers if name == "transfer-encoding"]
        lengths = {value for name, value in headers if name == "content-length"}
        if codings:
            if codings != ["chunked"] or lengths:
                raise MalformedError("a transfer-encoding that is not just chunked")
            return self._chunks()
        if lengths:
            length = lengths.pop()
            if lengths or not (length.isascii() and length.isdigit()):
                raise MalformedError("a content-length that is not one number")
            return self._exactly(int(length))
        return self._rest() if to_the_end else b""

    def some(self) -> bytes:
        """Whatever comes next; nothing at the end of the connection."""
        self._receive()
        return self._take(len(self._buffer))

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MOST_HEAD:
                raise MalformedError(f"a line of more than {MOST_HEAD} bytes", status=431)
            self._more()
        return self._take(end + 1).rstrip(b"\r\n")

    def _chunks(self) -> bytes:
        body = bytearray()
        while True:
            size = self._line().decode("latin-1").partition(";")[0].strip()
            if not size or not _HEXADECIMAL.issuperset(size):
                raise MalformedError("a chunk without a size")
            if not int(size, 16):
                while self._line():  # trailers
                    pass
                return bytes(body)
            body += self._exactly(int(size, 16))
            if len(body) > MOST_BODY:
                raise MalformedError(f"a body of more than {MOST_BODY} bytes", status=413)
            if self._exactly(2) != b"\r\n":
                raise MalformedError("a chunk longer than its size")

    def _exactly(self, length: int) -> bytes:
        if length > MOST_BODY:
            raise MalformedError(f"a body of more than {MOST_BODY} bytes", status=413)
        while len(self._buffer) < length:
            self._more()
        return self._take(length)

    def _rest(self) -> bytes:
        while self._receive():
            if len(self._buffer) > MOST_BODY:
                raise MalformedError(f"a body of more than {MOST_BODY} bytes", status=413)
        return self._take(len(self._buffer))

    def _take(self, length: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def _more(self) -> None:
        if not self._receive():
            raise ClosedError("closed before the message was complete")

    def _receive(self) -> bool:
        """Whether something more arrived before the connection's end."""
        if self.deadline is not None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._connection.settimeout(left)
        data = self._connection.recv(65_536)
        self._buffer += data
        return bool(data)


def joined(headers: Headers) -> dict[str, str]:
    """The headers by name; several of one name are one, separated by commas."""
    found: dict[str, str] = {}
    for name, value in headers:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def header(line: str) -> tuple[str, str]:
    """Name and value of a header line. Raises MalformedError."""
    name, colon, value = line.partition(":")
    if not colon or not name or not _TOKEN.issuperset(name) or not _BREAKS.isdisjoint(value):
        raise MalformedError("a header that is not a name, a colon and a value")
    return name.lower(), value.strip(" \t")
