"""The client of a pod: sends what it was ordered to and tells of each request how it went.

Runs as `python -I -S caller.py ORDER` inside the pod's network namespace, standard library only, as any user.
ORDER is a JSON object:

    {"protocol": "http",                  # or "tcp": `body` is a line, and the answer is one; grpc: caller_grpc
     "connect": ["reviews", 9080],        # name or address, and port
     "method": "GET", "path": "/", "headers": [["host", "reviews:9080"]], "body": "",      # HTTP
     "timeout": 5.0,                      # seconds of one request, connecting included
     "greeted": false,                    # whether the server speaks first, TCP: its line is waited for
     "fresh": false,                      # whether each request has a connection of its own
     "count": 2000,                       # null: until told to stop
     "rate": null,                        # null: each as soon as the last is answered; else requests a second
     "at_once": 512,                      # with a rate: how many requests may be under way
     "id": "3f9c"}                        # each request carries the header `x-lab-request: 3f9c.<number>`

With a rate the schedule is kept whatever becomes of the requests: those that hang hold up nothing, and what would
be more than `at_once` is told as a failure, not sent later.

Standard output has a line of JSON for each request, in the order of their ends, and a last one:

    {"id", "due", "start", "end",         # seconds of the machine's monotonic clock, the same in every process
     "status", "headers", "body",         # of HTTP; null, {} and the line of TCP
     "failure": "", "reused": true}       # reused: not the first request of its connection
    {"sent": 2000}

A failure is a kind and a detail: `connect: Connection refused`, `reset: ...` (closed, or anything else before the
answer was complete), `timeout: ...`, `malformed: ...`, `unsent: ...`. An answer with a status of 503 is an answer.
Nothing is ever tried again. The end of standard input is the order to stop; requests under way are finished.
"""

from __future__ import annotations

import json
import os
import resource
import select
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

if __name__ == "__main__":  # run by its path, and -I keeps the checkout out of sight
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab.mesh.wire import IDENTITY, ClosedError, MalformedError, Reader, joined

MOST_TOLD = 64 * 1024
"""Characters of an answer's body that are told."""

Order = dict[str, Any]
Tell = Callable[[dict[str, Any]], None]


class FailedError(Exception):
    """A request without an answer; the text is its failure."""


class Reply(NamedTuple):
    """What a request got."""

    status: int | None
    headers: dict[str, str]
    body: bytes
    last: bool
    """Whether the connection carries no further request."""
    grpc: int | None = None
    """The status of gRPC."""


class Client:
    """One connection to the order's address, opened when a request needs it."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._connection: socket.socket | None = None
        self._reader: Reader

    def once(self, identity: str, due: float | None = None) -> dict[str, Any]:
        """Send one request and wait for its answer; returns what is told of it."""
        start = time.monotonic()
        told: dict[str, Any] = {"id": identity, "due": start if due is None else due, "start": start}
        reply, failure, reused = Reply(None, {}, b"", True), "", False
        try:
            reused = self._connected(start + self._order["timeout"])
            reply = self._replied(identity)
        except FailedError as problem:
            failure = str(problem)
        told |= {"end": time.monotonic(), "status": reply.status, "headers": reply.headers, "grpc": reply.grpc}
        told |= {"body": reply.body.decode(errors="replace")[:MOST_TOLD], "failure": failure, "reused": reused}
        if reply.last or self._order["fresh"]:
            self.close()
        return told

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self, deadline: float) -> bool:
        """Have a connection until the deadline; whether it is one that was used before."""
        if self._connection is not None and self._is_over():
            self.close()
        reused = self._connection is not None
        if self._connection is None:
            try:
                self._connection = socket.create_connection(self._order["connect"], deadline - time.monotonic())
            except TimeoutError:
                raise FailedError(f"timeout: no connection within {self._order['timeout']} s") from None
            except (OSError, ValueError) as problem:
                raise FailedError(f"connect: {_text(problem)}") from None
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._reader = Reader(self._connection)
            self._begun = False
        self._reader.deadline = deadline
        return reused

    def _replied(self, identity: str) -> Reply:
        assert self._connection is not None
        try:
            self._connection.settimeout(self._order["timeout"])
            if not self._begun:
                self._begin(self._connection)
                self._begun = True
            return self._exchange(self._connection, identity)
        except TimeoutError:
            raise FailedError(f"timeout: no answer within {self._order['timeout']} s") from None
        except MalformedError as problem:
            raise FailedError(f"malformed: {problem}") from None
        except (OSError, ClosedError) as problem:
            raise FailedError(f"reset: {_text(problem)}") from None

    def _begin(self, _connection: socket.socket) -> None:
        """What comes before the first request of a connection."""
        if self._order["greeted"] and self._reader.line() is None:
            raise ClosedError("closed before the greeting")

    def _exchange(self, connection: socket.socket, identity: str) -> Reply:
        """Send a request and read its answer."""
        return _EXCHANGES[self._order["protocol"]](connection, self._reader, self._order, identity)

    def _is_over(self) -> bool:
        """Whether something came without a question asked: the other side has closed the connection."""
        assert self._connection is not None
        return has_news(self._connection)


Connect = Callable[[Order], Client]


def in_turn(order: Order, tell: Tell, stop: threading.Event, connect: Connect) -> int:
    """Send one request after the other; returns how many."""
    client = connect(order)
    sent = 0
    while sent != order["count"] and not stop.is_set():
        tell(client.once(f"{order['id']}.{sent}"))
        sent += 1
    client.close()
    return sent


def at_rate(order: Order, tell: Tell, stop: threading.Event, connect: Connect) -> int:
    """Send requests by the clock; returns how many."""
    workers: list[_Worker] = []
    idle: list[_Worker] = []
    begin = time.monotonic()
    number = 0
    while number != order["count"]:
        due = begin + number / order["rate"]
        if stop.wait(max(0.0, due - time.monotonic())):
            break
        identity = f"{order['id']}.{number}"
        number += 1
        if not idle and len(workers) < order["at_once"]:
            workers.append(_Worker(connect(order), tell, idle))
            idle.append(workers[-1])
        if idle:
            # The last one that became idle: a slow rate stays on few connections.
            idle.pop().jobs.put((identity, due))
        else:
            tell(_unsent(identity, due, order["at_once"]))
    for worker in workers:
        worker.jobs.put(None)
    for worker in workers:
        worker.join()
    return number


class _Worker(threading.Thread):
    """Sends one request at a time over a connection of its own, and is in the list `idle` in between."""

    def __init__(self, client: Client, tell: Tell, idle: list[_Worker]) -> None:
        super().__init__(daemon=True)
        self.jobs: SimpleQueue[tuple[str, float] | None] = SimpleQueue()
        self._client, self._tell, self._idle = client, tell, idle
        self.start()

    def run(self) -> None:
        while (job := self.jobs.get()) is not None:
            told = self._client.once(*job)
            self._idle.append(self)
            self._tell(told)
        self._client.close()


def _http(connection: socket.socket, reader: Reader, order: Order, identity: str) -> Reply:
    body = order["body"].encode()
    headers = [*order["headers"], (IDENTITY, identity)]
    if body:
        headers.append(("content-length", len(body)))
    lines = [f"{order['method']} {order['path']} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    connection.sendall("\r\n".join(lines).encode("latin-1", "replace") + body)
    while True:
        line = reader.line()
        if line is None:
            raise ClosedError("closed before the answer began")
        protocol, _, rest = line.decode("latin-1").partition(" ")
        code = rest[:3]
        if protocol not in ("HTTP/1.1", "HTTP/1.0") or not (len(code) == 3 and code.isascii() and code.isdigit()):
            raise MalformedError("not a status line of HTTP/1.1")
        got = reader.headers()
        if (status := int(code)) >= 200:  # before the answer proper there may be others, such as 100 Continue
            break
    # Without a length, the end of the connection is the end of the body.
    framed = {"content-length", "transfer-encoding"} & {name for name, _ in got}
    bodiless = order["method"] == "HEAD" or status in (204, 304)
    answered = b"" if bodiless else reader.body(got, to_the_end=True)
    named = joined(got)
    last = protocol == "HTTP/1.0" or named.get("connection", "").lower() == "close" or not (framed or bodiless)
    return Reply(status, named, answered, last)


def _tcp(connection: socket.socket, reader: Reader, order: Order, _identity: str) -> Reply:
    connection.sendall(order["body"].encode() + b"\n")
    line = reader.line()
    if line is None:
        raise ClosedError("closed before the answer began")
    return Reply(None, {}, line, last=False)


_EXCHANGES = {"http": _http, "tcp": _tcp}


def has_news(connection: socket.socket) -> bool:
    """Whether something came that was not read, be it the end."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _unsent(identity: str, due: float, at_once: int) -> dict[str, Any]:
    now = time.monotonic()
    told = {
        "id": identity,
        "due": due,
        "start": now,
        "end": now,
        "status": None,
        "headers": {},
        "body": "",
        "grpc": None,
    }
    return {**told, "failure": f"unsent: {at_once} requests were under way", "reused": False}


def _text(problem: Exception) -> str:
    return (isinstance(problem, OSError) and problem.strerror) or str(problem)


def _teller() -> Tell:
    """Writes lines to standard output, one at a time."""
    lock = threading.Lock()

    def tell(told: dict[str, Any]) -> None:
        line = json.dumps(told, separators=(",", ":")) + "\n"
        with lock:
            sys.stdout.write(line)
            sys.stdout.flush()

    return tell


def _stop_with_input(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()


def main(connect: Connect = Client) -> None:
    order = json.loads(sys.argv[1])
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    threading.stack_size(512 * 1024)
    stop = threading.Event()
    threading.Thread(target=_stop_with_input, args=(stop,), daemon=True).start()
    tell = _teller()
    send = in_turn if order["rate"] is None else at_rate
    tell({"sent": send(order, tell, stop, connect)})


if __name__ == "__main__":
    main()
