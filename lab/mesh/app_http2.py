"""The test app where a port speaks HTTP/2: as lab.mesh.app, with one more list of ports in its ORDER, `http2`.

Runs as `python -I app_http2.py ORDER`, for the pods that need it alone: with the library h2 it takes longer to start.

At these ports it speaks HTTP/2 from the first byte (prior knowledge). A request of gRPC, a unary call, is answered
like one: the JSON object is the message, and `grpc-status` follows it. What the query of its path asks for, such as
`/shop.Cart/Add?header=grpc-status:14`, makes it an error without a message, as servers of gRPC send it; with another
HTTP status there is no gRPC status at all. `reset=1` resets the stream.
"""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

if __name__ == "__main__":  # run by its path, and -I keeps the checkout out of sight
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab.mesh import app
from lab.mesh.grpc_message import CONTENT_TYPE, framed, unframed
from lab.mesh.wire import Headers, MalformedError, joined


def serve(listening: socket.socket, served: app.App) -> None:
    """Answer whoever connects, each connection in a thread of its own, for ever."""
    port = listening.getsockname()[1]
    app.accept(listening, lambda connection: _Conversation(connection, port, served.respond).hold())


class _Conversation:
    """One connection: requests are answered as they come, each in a thread of its own, so that none waits for another.

    Whoever holds `_turn` may use the connection; it tells those that wait for room to send.
    """

    def __init__(self, connection: socket.socket, port: int, respond: app.Respond) -> None:
        self._connection, self._port, self._respond = connection, port, respond
        self._http2 = H2Connection(H2Configuration(client_side=False, header_encoding="latin-1"))
        self._requests: dict[int, tuple[Headers, bytearray]] = {}
        self._turn = threading.Condition()

    def hold(self) -> None:
        """Go on until the client ends it."""
        # OSError: the client went away, and nobody is left to tell.
        with self._connection, suppress(OSError):
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._turn:
                self._http2.initiate_connection()
                self._flush()
            while data := self._connection.recv(65_536):
                with self._turn:
                    try:
                        for event in self._http2.receive_data(data):
                            self._heed(event)
                    except ProtocolError:  # the client is told which one
                        self._flush()
                        return
                    self._flush()
                    self._turn.notify_all()

    def _heed(self, event: Event) -> None:
        match event:
            case RequestReceived(stream_id=int(number)):
                self._requests[number] = [(str(name), str(value)) for name, value in event.headers or ()], bytearray()
            case DataReceived(stream_id=int(number), data=bytes(data)):
                if number in self._requests:
                    self._requests[number][1].extend(data)
                self._http2.acknowledge_received_data(event.flow_controlled_length or 0, number)
            case StreamEnded(stream_id=int(number)) if number in self._requests:
                asked = self._requests.pop(number)
                threading.Thread(target=self._answer, args=(number, *asked), daemon=True).start()
            case StreamReset(stream_id=int(number)):
                self._requests.pop(number, None)

    def _answer(self, number: int, headers: Headers, body: bytes) -> None:
        answer, is_grpc = self._responded(headers, bytes(body))
        # ProtocolError: the client has given this request up.
        with self._turn, suppress(OSError, ProtocolError):
            if answer is None:
                self._http2.reset_stream(number, ErrorCodes.INTERNAL_ERROR)
            elif is_grpc:
                self._send_grpc(number, answer)
            else:
                self._http2.send_headers(number, _head(answer, "application/json"))
                self._send(number, app.in_a_line(answer.body))
                self._http2.end_stream(number)
            self._flush()

    def _responded(self, headers: Headers, body: bytes) -> tuple[app.Answer | None, bool]:
        told = dict(headers)
        is_grpc = told.get("content-type", "").startswith("application/grpc")
        named = [("host", told.get(":authority", "")), *(pair for pair in headers if not pair[0].startswith(":"))]
        try:
            message = unframed(body) if is_grpc else body
            return self._respond(app.Request(self._port, told[":method"], told[":path"], named, message)), is_grpc
        except MalformedError as problem:
            return app.Answer(problem.status, {"error": str(problem)}), is_grpc

    def _send_grpc(self, number: int, answer: app.Answer) -> None:
        if answer.status != 200 or joined(list(answer.headers)).get("grpc-status", "0") != "0":
            self._http2.send_headers(number, _head(answer, CONTENT_TYPE), end_stream=True)
            return
        own = tuple(pair for pair in answer.headers if pair[0] != "grpc-status")
        self._http2.send_headers(number, _head(answer._replace(headers=own), CONTENT_TYPE))
        self._send(number, framed(app.in_a_line(answer.body)))
        self._http2.send_headers(number, [("grpc-status", "0")], end_stream=True)

    def _send(self, number: int, data: bytes) -> None:
        """Send it piece by piece, as the client has room for it."""
        while data:
            room = min(self._http2.local_flow_control_window(number), self._http2.max_outbound_frame_size)
            self._http2.send_data(number, data[:room])
            self._flush()
            data = data[room:]
            if data and not room:
                self._turn.wait()

    def _flush(self) -> None:
        self._connection.sendall(self._http2.data_to_send())


def _head(answer: app.Answer, content_type: str) -> Headers:
    return [(":status", str(answer.status)), ("content-type", content_type), *answer.headers]


if __name__ == "__main__":
    app.main({**app.SERVING, "http2": serve})
