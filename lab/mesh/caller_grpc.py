"""The client of a pod for gRPC: as lab.mesh.caller, with the protocol `grpc`.

Runs as `python -I caller_grpc.py ORDER`, because it needs the library h2. Each request is a unary call of `path`, e.g.
`/shop.Cart/Add`, with `body` as its message; one connection carries one call after the other. What is told of an
answer has one more field, `grpc`: its status, or null where there is none. Trailers are among the headers.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, Event, ResponseReceived, StreamEnded, StreamReset
from h2.events import TrailersReceived as Trailers
from h2.exceptions import ProtocolError

if __name__ == "__main__":  # run by its path, and -I keeps the checkout out of sight
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab.mesh import caller
from lab.mesh.grpc_message import CONTENT_TYPE, framed, unframed
from lab.mesh.wire import IDENTITY, ClosedError, Headers, MalformedError, joined


class GrpcClient(caller.Client):
    """One connection for calls one after the other."""

    def _begin(self, connection: socket.socket) -> None:
        self._http2 = H2Connection(H2Configuration(client_side=True, header_encoding="latin-1"))
        self._ended = False
        self._http2.initiate_connection()
        self._flush(connection)

    def _exchange(self, connection: socket.socket, identity: str) -> caller.Reply:
        try:
            return self._called(connection, identity)
        except ProtocolError as problem:
            raise MalformedError(f"not HTTP/2: {problem}") from None

    def _called(self, connection: socket.socket, identity: str) -> caller.Reply:
        number = self._http2.get_next_available_stream_id()
        named = dict(self._order["headers"])
        head = [(":method", "POST"), (":scheme", "http"), (":path", self._order["path"]), (":authority", named["host"])]
        head += [("te", "trailers"), ("content-type", CONTENT_TYPE), (IDENTITY, identity)]
        head += [pair for pair in named.items() if pair[0] != "host"]
        self._http2.send_headers(number, head)
        self._http2.send_data(number, framed(self._order["body"].encode()), end_stream=True)
        self._flush(connection)
        headers: Headers = []
        body = bytearray()
        while True:
            for event in self._events(connection):
                match event:
                    case ResponseReceived() | Trailers() if event.stream_id == number:
                        headers += [(str(name), str(value)) for name, value in event.headers or ()]
                    case DataReceived(data=bytes(data)) if event.stream_id == number:
                        body += data
                    case StreamReset() if event.stream_id == number:
                        raise ClosedError(f"stream reset with {event.error_code!s}")
                    case StreamEnded() if event.stream_id == number:
                        return self._reply(joined(headers), bytes(body))
            if self._ended:
                raise ClosedError("closed before the answer was complete")

    def _reply(self, headers: dict[str, str], body: bytes) -> caller.Reply:
        status = headers.pop("grpc-status", None)
        if status is not None and not (status.isascii() and status.isdigit()):
            raise MalformedError("a grpc-status that is not one number")
        told = {name: value for name, value in headers.items() if name != ":status"}
        message = unframed(body) if body and status is not None else body
        grpc = None if status is None else int(status)
        return caller.Reply(int(headers[":status"]), told, message, last=self._ended, grpc=grpc)

    def _is_over(self) -> bool:
        """Whatever came in between may also be a window, for example."""
        assert self._connection is not None
        with suppress(OSError, ProtocolError):
            while not self._ended and caller.has_news(self._connection):
                self._events(self._connection)
            return self._ended
        return True

    def _events(self, connection: socket.socket) -> list[Event]:
        """What comes next; notes when it is the connection's end."""
        if not (data := self._reader.some()):
            self._ended = True
            return []
        events = self._http2.receive_data(data)
        for event in events:
            if isinstance(event, DataReceived):
                self._http2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)
            self._ended |= isinstance(event, ConnectionTerminated)
        self._flush(connection)
        return events

    def _flush(self, connection: socket.socket) -> None:
        connection.sendall(self._http2.data_to_send())


if __name__ == "__main__":
    caller.main(GrpcClient)
