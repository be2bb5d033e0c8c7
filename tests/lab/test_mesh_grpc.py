"""gRPC between the test app and the caller, over HTTP/2: calls, statuses, misbehaviour, and connections that end."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.mesh.app_control import app_argv
from lab.mesh.grpc_message import framed, unframed
from lab.mesh.load import Caller
from lab.mesh.wire import MalformedError

caller = Caller()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A method of a running app."""
    who = {"workload": "carts-v1", "cluster": "kind2", "version": "v1"}
    argv = app_argv(**who, ports=[], http2=[0], control=0, address="127.0.0.1")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env={}) as process:
        assert process.stdout is not None
        try:
            [port] = json.loads(process.stdout.readline())["http2"]
            yield f"grpc://127.0.0.1:{port}/shop.Cart/Add"
        finally:
            process.kill()


def test_a_call_is_answered(url: str) -> None:
    """By a message that says who answered what, and the status 0; one connection carries many calls."""
    answers = caller.call(url, n=300, body="héllo", headers={"X-Who": "me", "host": "carts:50051"})
    answers.assert_all_answered()
    assert {"v1@kind2": 300} == answers.counts
    seen = answers[-1].seen
    assert seen is not None
    assert ("POST", "/shop.Cart/Add", "carts:50051", "héllo") == (seen.method, seen.path, seen.host, seen.body)
    assert ("me", answers[-1].id) == (seen.headers["x-who"], seen.headers["x-lab-request"])
    assert [(200, 0, index > 0) for index in range(300)] == [(each.status, each.grpc, each.reused) for each in answers]


@pytest.mark.parametrize(
    ("query", "reason", "status"),
    [
        ("header=grpc-status:14&header=grpc-message:away", "grpc 14", 200),
        ("header=grpc-status:0", "", 200),
        ("status=503", "status 503", 503),
        ("reset=1", "reset", None),
        ("status=42", "status 400", 400),
    ],
)
def test_a_call_may_fail(url: str, query: str, reason: str, status: int | None) -> None:
    """By a status of gRPC, of HTTP, or a stream that is reset; then by the next try, or as often as it asks for."""
    [answer] = caller.call(f"{url}?{query}")
    assert (reason, status) == (answer.reason, answer.status)
    assert {True: "away", False: None}["away" in query] == answer.headers.get("grpc-message")
    assert not caller.call(f"{url}?{query}&times=0")[0].reason or query == "status=42"


def test_calls_do_not_wait_for_each_other(url: str) -> None:
    """A call that takes long holds up no others, of its connection either, and ends with the caller's timeout."""
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(caller.call, f"{url}?delay=3000", timeout=0.5)
        caller.call(url, n=20).assert_all_answered()
        assert {"timeout": 1} == slow.result().reasons


def test_large_messages_fit_through_windows(url: str) -> None:
    """Larger than HTTP/2 lets through at once."""
    [answer] = caller.call(url, headers={"x-large": "h" * 12_000})
    assert answer.seen is not None
    assert "h" * 12_000 == answer.seen.headers["x-large"]
    caller.call(url, n=30, headers={"x-large": "h" * 12_000}).assert_all_answered()


def test_a_load_of_calls(url: str) -> None:
    """At a rate, over connections that live on."""
    with caller.load(url, rate=100) as load:
        time.sleep(0.3)
    load.answers.assert_all_answered()
    assert load.answers[-1].reused


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (b"", "reset"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "reset"),  # to HTTP/2 the beginning of a large frame
        (b"\0\0\1\1\4\0\0\0\1\xff", "malformed"),  # headers that are none
    ],
)
def test_a_server_of_something_else(says: bytes, reason: str) -> None:
    """Is a failure with a reason, not a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor() as pool:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                time.sleep(0.1)  # all of the request is there: closing earlier would be a reset
                connection.recv(65_536)
                connection.sendall(says)

        pool.submit(answer)
        [failed] = caller.call(f"grpc://127.0.0.1:{listening.getsockname()[1]}/a.B/C")
    assert reason == failed.reason


@pytest.mark.parametrize("body", [b"", b"\0\0", framed(b"a") + framed(b"b"), b"\1" + framed(b"a")[1:]])
def test_bodies_that_are_not_one_message(body: bytes) -> None:
    """Are refused: streams and compression are not spoken."""
    assert b"a" == unframed(framed(b"a"))
    with pytest.raises(MalformedError):
        unframed(body)
