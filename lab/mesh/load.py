"""Sending requests from inside a pod: so many, or at a rate for as long as a block runs.

    caller = Caller(wrap=lambda argv: inside(netns, argv, uid=1000), environment={...})

    caller.call("http://reviews:9080/", n=2000)                # -> Answers: one request after the other
    caller.call("http://reviews:9080/", at="10.96.0.12")       # connect there, whatever the name's address is
    caller.call("tcp://ratings-db:3306", n=10)                 # a line each
    caller.call("grpc://carts:50051/shop.Cart/Add", n=10)      # a unary call each, over HTTP/2

    with caller.load("http://reviews:9080/", rate=100) as load:
        load.run_for(1)
        event = time.monotonic()
        ...                                                    # break something
        load.run_for(5)
    load.answers.since(event).assert_all_answered()

A Caller is a value: it holds no connection and starts a process for each call or load, about 40 ms. Several may be
used at once, from several threads. The process ends with the one that started it, however that ends. There is no
TLS: in a mesh the proxies see to that.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, TypedDict, Unpack
from urllib.parse import urlsplit

from lab.errors import LabError
from lab.mesh import caller, caller_grpc
from lab.mesh.answers import Answer, Answers

PATIENCE = 15.0
"""Seconds that starting and ending a caller may take beside the requests themselves."""
TIMEOUT = 5.0
"""Seconds of one request, unless something else is said."""
AT_ONCE = 512
"""How many requests of a load may be under way."""

Wrap = Callable[[Sequence[str]], Sequence[str]]
"""Turns the command line of a program into one that runs it somewhere else."""


class Options(TypedDict, total=False):
    """How to send a request; whatever is left out has its default."""

    method: str
    """By default GET."""
    headers: Mapping[str, str]
    """Beside `host`, which is the URL's unless it stands here."""
    body: str
    """For TCP the line, without its end; for gRPC the message."""
    greeted: bool
    """Whether the server of TCP speaks first: nothing is sent before it has; by default not."""
    at: str
    """Where to connect, `address` or `address:port`; by default what the URL says."""
    timeout: float
    """Seconds of one request, connecting included; by default 5."""
    fresh: bool
    """Whether each has a connection of its own, so that the newest configuration holds for it; by default not."""


def order(
    url: str, options: Options, *, count: int | None, rate: float | None = None, at_once: int = AT_ONCE
) -> dict[str, Any]:
    """What a caller is told to do (see lab.mesh.caller); `url` is `http://name[:port]/path`, `tcp://name:port` or
    `grpc://name:port/service/method`.

    Raises ValueError for any other URL, and for a rate that is not positive.
    """
    if rate is not None and rate <= 0:
        raise ValueError(f"{rate} requests a second: more than 0 are needed")
    parts = urlsplit(url)
    port = parts.port or (80 if parts.scheme == "http" else None)
    if parts.scheme not in ("http", "tcp", "grpc") or not parts.hostname or not port:
        raise ValueError(f"{url}: write http://name:port/path or tcp://name:port, or grpc://name:port/service/method")
    address, _, other_port = options.get("at", parts.hostname).partition(":")
    headers = {"host": parts.netloc}
    headers |= {name.lower(): value for name, value in options.get("headers", {}).items()}
    return {
        "protocol": parts.scheme,
        "connect": [address, int(other_port or port)],
        "method": options.get("method", "GET"),
        "path": (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        "headers": list(headers.items()),
        "body": options.get("body", ""),
        "greeted": options.get("greeted", False),
        "timeout": options.get("timeout", TIMEOUT),
        "fresh": options.get("fresh", False),
        "count": count,
        "rate": rate,
        "at_once": at_once,
        "id": secrets.token_hex(6),
    }


class Load:
    """Requests that are being sent in the background."""

    def __init__(self, process: subprocess.Popen[bytes], told: IO[bytes], complaint: IO[bytes]) -> None:
        self._process, self._told, self._complaint = process, told, complaint
        self._place = 0
        self._answers: list[Answer] = []
        self._sent: int | None = None

    @property
    def answers(self) -> Answers:
        """What is known so far; after the block all of it."""
        if not self._told.closed:
            self._read()
        return Answers(self._answers)

    def run_for(self, seconds: float) -> None:
        """Let it go on for so long. Raises LabError when the caller ends before."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return
        raise self._ended()

    def run_until(self, count: int, *, limit: float = 30.0) -> None:
        """Let it go on until the outcome of so many requests is known. Raises LabError when that takes longer."""
        deadline = time.monotonic() + limit
        while len(self.answers) < count:
            if time.monotonic() > deadline:
                raise LabError(f"the outcome of {len(self._answers)} of {count} requests is known after {limit:.0f} s")
            self.run_for(0.02)

    def stop(self, limit: float = TIMEOUT + PATIENCE) -> None:
        """Send nothing more, and wait for what is under way. Raises LabError when the caller fails."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self.finish(limit)

    def finish(self, limit: float) -> None:
        """Wait until all is sent and the outcome known. Raises LabError when the caller fails or takes longer."""
        try:
            self._process.wait(limit)
        except subprocess.TimeoutExpired:
            raise LabError(f"the caller does not end within {limit:.0f} s") from None
        self._read()
        if self._sent != len(self._answers):
            raise self._ended()

    def _read(self) -> None:
        """Read the lines that are new and complete."""
        descriptor = self._told.fileno()
        # At a place of our own: the file's own one is where the caller writes next.
        new = os.pread(descriptor, os.fstat(descriptor).st_size - self._place, self._place)
        whole = new[: new.rfind(b"\n") + 1]
        self._place += len(whole)
        for line in whole.splitlines():
            told = json.loads(line)
            if "sent" in told:
                self._sent = told["sent"]
            else:
                self._answers.append(Answer.parse(told))

    def _ended(self) -> LabError:
        self._complaint.seek(0)
        return LabError(
            f"the caller ended with status {self._process.returncode} after {len(self._answers)} requests",
            tail=self._complaint.read().decode(errors="replace")[-2000:],
        )


def here(argv: Sequence[str]) -> Sequence[str]:
    """The Wrap for this process's own namespace."""
    return argv


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A place to send requests from."""

    wrap: Wrap = here
    environment: Mapping[str, str] = field(default_factory=dict)
    """All of the caller's environment."""

    def call(self, url: str, n: int = 1, **options: Unpack[Options]) -> Answers:
        """Send `n` requests, each as soon as the outcome of the one before is known.

        A request that fails is an answer like any other. Raises LabError when the caller itself fails.
        """
        with self._running(order(url, options, count=n)) as running:
            running.finish(n * options.get("timeout", TIMEOUT) + PATIENCE)
        return running.answers

    @contextmanager
    def load(
        self, url: str, rate: float = 100.0, *, at_once: int = AT_ONCE, **options: Unpack[Options]
    ) -> Iterator[Load]:
        """Send `rate` requests a second while the block runs; inside, the first one's outcome is known.

        Requests that hang hold up no others, up to `at_once`; what would be more fails as `unsent`. Raises
        LabError when the caller itself fails.
        """
        with self._running(order(url, options, count=None, rate=rate, at_once=at_once)) as running:
            patience = options.get("timeout", TIMEOUT) + PATIENCE
            running.run_until(1, limit=patience)
            yield running
            running.stop(patience)

    @contextmanager
    def _running(self, ordered: Mapping[str, Any]) -> Iterator[Load]:
        program = (caller_grpc.__file__,) if ordered["protocol"] == "grpc" else ("-S", caller.__file__)
        argv = self.wrap((sys.executable, "-I", *program, json.dumps(ordered)))
        # Files, not pipes: a reader that is busy must never hold up the caller's clock.
        with (
            tempfile.TemporaryFile() as told,
            tempfile.TemporaryFile() as complaint,
            subprocess.Popen(
                argv,
                env=dict(self.environment),
                stdin=subprocess.PIPE,  # whose end, by our own end too, stops the caller
                stdout=told,
                stderr=complaint,
                start_new_session=True,
                cwd="/",
            ) as process,
        ):
            try:
                yield Load(process, told, complaint)
            finally:
                process.kill()
