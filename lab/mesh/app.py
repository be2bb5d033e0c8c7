"""The app of a pod: says who it is, returns what it was asked, and misbehaves on request. Counts everything.

Runs as `python -I -S app.py ORDER`, standard library only, as any user. ORDER is a JSON object:

    {"workload": "reviews-v1", "cluster": "kind2", "version": "v1",   # who it is; version may be ""
     "ports": [9080, 9000], "greeting": [3306], "control": 18080,     # 0 means any free port
     "address": "0.0.0.0"}                                            # the control port is on loopback

When it listens everywhere it prints `{"ports": [...], "greeting": [...], "control": ...}`, and nothing more.

Every port speaks two protocols. A connection that begins with a request line is HTTP/1.1, any other is lines of
text (HTTP/2, and so gRPC, are spoken by lab.mesh.app_http2). Each request, each line, is answered by one JSON object:

    {"workload", "cluster", "version", "port", "nth", "body", and for HTTP "method", "path", "host", "headers"}

At a port of `greeting` it speaks first, as MySQL does, and says who it is: a line of the first four of these.

`nth` counts the arrivals of this request here, from 1: the second try of a retry is 2. A request is known by its
header `x-lab-request`, which the caller (lab.mesh.caller) gives to each, or else by `x-request-id`.

The query says how to answer, e.g. `/?status=503&times=2`:

    delay=MS      wait so long first
    status=CODE   answer with this status
    reset=1       do not answer: reset the connection
    header=N:V    add a header to the answer; may be repeated
    times=N       do all this only for the first N arrivals of the same request

The control port: `POST /behave?...` has all requests answered in that way, as far as their own query does not say
otherwise, until the next `/behave`; `GET /received` says what came, `POST /forget` empties that.
"""

from __future__ import annotations

import json
import resource
import socket
import struct
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

if __name__ == "__main__":  # run by its path, and -I keeps the checkout out of sight
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab.mesh.wire import IDENTITY, ClosedError, Headers, MalformedError, Reader, header, joined

BACKLOG = 1024
MOST_IDS = 100_000
"""Of how many requests the arrivals are counted one by one; beyond that the oldest are forgotten."""
MOST_RECENT = 100
"""How many requests are kept whole."""


class Behaviour(NamedTuple):
    """How requests are answered; the default is at once, with 200."""

    delay: float = 0.0
    """Seconds."""
    status: int = 200
    reset: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    times: int | None = None
    """None means always."""

    def changed(self, query: str) -> Behaviour:
        """This one with what a query says; parameters of other names are none of ours. Raises MalformedError."""
        found: dict[str, Any] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            try:
                if name == "delay":
                    found[name] = int(value) / 1000
                elif name in ("status", "times"):
                    found[name] = int(value)
                elif name == "reset":
                    found[name] = bool(int(value))
                elif name == "header":
                    found["headers"] = (*found.get("headers", ()), header(value))
            except ValueError:
                raise MalformedError(f"{name}={value}: not a number") from None
        behaviour = self._replace(**found)
        if behaviour.delay < 0 or not 200 <= behaviour.status <= 599:
            raise MalformedError(f"{query}: a delay is not negative, and a status is from 200 to 599")
        return behaviour


class Request(NamedTuple):
    """One HTTP request."""

    port: int
    method: str
    path: str
    """With the query."""
    headers: Headers
    body: bytes

    @property
    def query(self) -> str:
        return self.path.partition("?")[2]


class Answer(NamedTuple):
    """What is sent back."""

    status: int
    body: dict[str, Any]
    headers: tuple[tuple[str, str], ...] = ()

    def encoded(self, method: str) -> bytes:
        """All of it in one piece: two sends would wait for each other's acknowledgement."""
        body = in_a_line(self.body)
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Status')}", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.status in (204, 304):
            body = b""
        else:
            lines.append(f"content-length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        return head if method == "HEAD" else head + body


Respond = Callable[[Request], Answer | None]
"""None means that the connection is to be reset."""

_REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 404: "Not Found", 500: "Internal Server Error"}


class Ledger:
    """What came: how often in all, how often by request, and the last ones whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        with self._lock:
            self._total = 0
            self._arrivals: Counter[str] = Counter()
            self._recent: deque[dict[str, Any]] = deque(maxlen=MOST_RECENT)

    def enter(self, identity: str, seen: dict[str, Any]) -> int:
        """Note an arrival, and in `seen` as well which one of this request it is; returns that."""
        with self._lock:
            self._total += 1
            nth = seen["nth"] = self._arrivals[identity] + 1
            self._recent.append(seen)
            if identity:
                self._arrivals[identity] = nth
            if len(self._arrivals) > MOST_IDS:
                del self._arrivals[next(iter(self._arrivals))]
            return nth

    def told(self) -> dict[str, Any]:
        with self._lock:
            return {"total": self._total, "arrivals": dict(self._arrivals), "recent": list(self._recent)}


class App:
    """Answers for one workload."""

    def __init__(self, *, workload: str, cluster: str, version: str) -> None:
        self._who = {"workload": workload, "cluster": cluster, "version": version}
        self._behaviour = Behaviour()
        self._ledger = Ledger()

    def respond(self, request: Request) -> Answer | None:
        """The answer to a request at one of the app's ports. Raises MalformedError."""
        headers = joined(request.headers)
        seen = {
            **self._who,
            "port": request.port,
            "method": request.method,
            "path": request.path,
            "host": headers.get("host", ""),
            "headers": headers,
            "body": request.body.decode(errors="replace"),
        }
        nth = self._ledger.enter(headers.get(IDENTITY) or headers.get("x-request-id", ""), seen)
        behaviour = self._behaviour.changed(request.query)
        if behaviour.times is not None and nth > behaviour.times:
            return Answer(200, seen)
        if behaviour.delay:
            time.sleep(behaviour.delay)
        return None if behaviour.reset else Answer(behaviour.status, seen, behaviour.headers)

    def greeting(self, port: int) -> dict[str, Any]:
        """What it says to whoever connects to a port where it speaks first."""
        return {**self._who, "port": port}

    def respond_to_line(self, port: int, line: bytes) -> dict[str, Any]:
        """The answer to a line of text."""
        seen = {**self._who, "port": port, "body": line.decode(errors="replace")}
        self._ledger.enter("", seen)
        if self._behaviour.delay:
            time.sleep(self._behaviour.delay)
        return seen

    def control(self, request: Request) -> Answer:
        """The answer to a request at the control port. Raises MalformedError."""
        match request.method, request.path.partition("?")[0]:
            case "POST", "/behave":
                self._behaviour = Behaviour().changed(request.query)
                return Answer(200, {})
            case "POST", "/forget":
                self._ledger.forget()
                return Answer(200, {})
            case "GET", "/received":
                return Answer(200, self._ledger.told())
        return Answer(404, {"error": "there are POST /behave, POST /forget and GET /received"})


def serve(listening: socket.socket, app: App, *, greeting: bool = False) -> None:
    """Answer whoever connects, each connection in a thread of its own, for ever."""
    port = listening.getsockname()[1]
    first = in_a_line(app.greeting(port)) if greeting else b""
    accept(listening, lambda connection: _converse(connection, port, app.respond, app.respond_to_line, first))


Serve = Callable[[socket.socket, App], None]
SERVING: dict[str, Serve] = {"ports": serve, "greeting": partial(serve, greeting=True)}
"""What is done at the ports of each list of the order."""


def serve_control(listening: socket.socket, app: App) -> None:
    """Take orders, for ever."""
    port = listening.getsockname()[1]
    accept(listening, lambda connection: _converse(connection, port, app.control, None))


def listen(address: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((address, port))
    listening.listen(BACKLOG)
    return listening


def accept(listening: socket.socket, converse: Callable[[socket.socket], None]) -> None:
    """Have a conversation with whoever connects, each in a thread of its own, for ever."""
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:  # the client is gone already, or there are too many at this moment
            time.sleep(0.01)
            continue
        threading.Thread(target=converse, args=(connection,), daemon=True).start()


def _converse(
    connection: socket.socket,
    port: int,
    respond: Respond,
    respond_to_line: Callable[[int, bytes], dict[str, Any]] | None,
    first: bytes = b"",
) -> None:
    reader = Reader(connection)
    # OSError and ClosedError: the client went away, and nobody is left to tell.
    with connection, suppress(OSError, ClosedError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(first)
        try:
            while (line := reader.line()) is not None:
                words = line.decode("latin-1").split(" ")
                if words[-1].startswith("HTTP/") or respond_to_line is None:
                    if not _exchange(connection, reader, port, words, respond):
                        return
                else:
                    connection.sendall(in_a_line(respond_to_line(port, line)))
        except MalformedError as problem:
            refusal = Answer(problem.status, {"error": str(problem)}, (("connection", "close"),))
            connection.sendall(refusal.encoded("GET"))


def _exchange(connection: socket.socket, reader: Reader, port: int, words: list[str], respond: Respond) -> bool:
    """Read the request that these words begin and answer it; whether another may follow."""
    if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise MalformedError("not a request line of HTTP/1.1")
    method, path, protocol = words
    headers = reader.headers()
    answer = respond(Request(port, method, path, headers, reader.body(headers)))
    if answer is None:
        # Lingering for no time at all makes close() send a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    last = protocol == "HTTP/1.0" or ("connection", "close") in ((name, value.lower()) for name, value in headers)
    if last:
        answer = answer._replace(headers=(*answer.headers, ("connection", "close")))
    connection.sendall(answer.encoded(method))
    return not last


def in_a_line(value: Mapping[str, Any]) -> bytes:
    """JSON in a line."""
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def main(serving: Mapping[str, Serve] = SERVING) -> None:
    order = json.loads(sys.argv[1])
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    threading.stack_size(256 * 1024)
    app = App(workload=order["workload"], cluster=order["cluster"], version=order["version"])
    try:
        listening = {kind: [listen(order["address"], port) for port in order[kind]] for kind in serving}
        control = listen("127.0.0.1", order["control"])
    except OSError as problem:
        raise SystemExit(f"cannot listen: {problem}") from None
    for kind, sockets in listening.items():
        for each in sockets:
            threading.Thread(target=serving[kind], args=(each, app), daemon=True).start()
    told = {kind: [each.getsockname()[1] for each in sockets] for kind, sockets in listening.items()}
    print(json.dumps({**told, "control": control.getsockname()[1]}), flush=True)
    serve_control(control, app)


if __name__ == "__main__":
    main()
