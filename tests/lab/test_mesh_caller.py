"""The caller as a process, against servers of every character: what it sends, when, and what it says of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise

import pytest

from lab import procfs
from lab.errors import LabError
from lab.mesh.load import Caller, Options, order

Converse = Callable[[socket.socket], None]
Serve = Callable[[Converse], "Server"]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

caller = Caller()


class Server:
    """Has a conversation with each connection, in a thread of its own; notes what it reads."""

    def __init__(self, converse: Converse) -> None:
        self._converse = converse
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.connections = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._have, args=(connection,), daemon=True).start()

    def _have(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._converse(connection)

    def close(self) -> None:
        for each in (self._listening, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers that end with the test."""
    servers: list[Server] = []

    def start(converse: Converse) -> Server:
        servers.append(Server(converse))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def answering(answer: bytes) -> Converse:
    """The same answer to every request, for ever."""

    def converse(connection: socket.socket) -> None:
        while connection.recv(65_536):
            connection.sendall(answer)

    return converse


def hanging(connection: socket.socket) -> None:
    """Reads, and never answers."""
    while connection.recv(65_536):
        pass


def test_requests_in_turn_share_a_connection(serve: Serve) -> None:
    """All but the first reuse it, ids differ, and each begins after the one before has ended."""
    server = serve(answering(OK))
    answers = caller.call(server.url, n=50)
    assert ({200: 50}, 1, 50) == (answers.statuses, server.connections, len({answer.id for answer in answers}))
    assert [False] + [True] * 49 == [answer.reused for answer in answers]
    assert all(one.end <= next_one.start for one, next_one in pairwise(answers))


def test_requests_may_each_have_a_fresh_connection(serve: Serve) -> None:
    """So that every one of them meets the newest configuration."""
    server = serve(answering(OK))
    answers = caller.call(server.url, n=20, fresh=True)
    assert ({200: 20}, 20) == (answers.statuses, server.connections)
    assert not any(answer.reused for answer in answers)


def test_what_is_sent_is_what_was_ordered(serve: Serve) -> None:
    """Method, path with query, any headers, a Host of choice, a body with its length, the id; nothing else."""
    got = bytearray()

    def converse(connection: socket.socket) -> None:
        got.extend(connection.recv(65_536))
        connection.sendall(OK)

    server = serve(converse)
    [answer] = caller.call(
        "http://reviews:9080/a/b?c=d&e=%20",
        at=f"127.0.0.1:{server.port}",
        method="PATCH",
        headers={"Host": "other.example", "X-Empty": "", "cookie": "user=jason"},
        body="grüße",
    )
    assert answer.text == "ok"
    lines = [
        "PATCH /a/b?c=d&e=%20 HTTP/1.1",
        "host: other.example",
        "x-empty: ",
        "cookie: user=jason",
        f"x-lab-request: {answer.id}",
        "content-length: 7",
    ]
    assert "\r\n".join([*lines, "", "grüße"]).encode() == bytes(got)


@pytest.mark.parametrize(
    ("url", "options", "connect", "host"),
    [
        ("http://reviews", {}, ["reviews", 80], "reviews"),
        ("http://reviews:9080/x", {}, ["reviews", 9080], "reviews:9080"),
        ("http://reviews:9080", {"at": "240.0.0.12"}, ["240.0.0.12", 9080], "reviews:9080"),
        ("http://reviews:9080", {"at": "10.0.0.1:15443"}, ["10.0.0.1", 15443], "reviews:9080"),
        ("http://10.0.0.1:9080", {"headers": {"HOST": "reviews"}}, ["10.0.0.1", 9080], "reviews"),
        ("tcp://db:3306", {}, ["db", 3306], "db:3306"),
    ],
)
def test_where_a_request_goes_and_whom_it_names(url: str, options: Options, connect: list[object], host: str) -> None:
    """The address to connect to and the Host header come from the URL unless something else is said."""
    made = order(url, options, count=1)
    assert (connect, host) == (made["connect"], dict(made["headers"])["host"])


@pytest.mark.parametrize("url", ["reviews:9080", "https://reviews", "tcp://db", "http://"])
def test_other_urls_are_refused(url: str) -> None:
    """Before anything is started."""
    with pytest.raises(ValueError, match="write http://name:port/path or tcp://name:port"):
        caller.call(url)


def test_a_rate_is_positive() -> None:
    """Nothing is started otherwise."""
    with pytest.raises(ValueError, match="0 requests a second: more than 0 are needed"):
        order("http://reviews", {}, count=None, rate=0)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", "abcd"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx", "x"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", ""),
        (b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", ""),
        (b"HTTP/1.1 503 Service Unavailable\r\nServer: envoy\r\ncontent-length: 19\r\n\r\nno healthy upstream", None),
    ],
)
def test_answers_of_every_form_are_read(serve: Serve, answer: bytes, text: str | None) -> None:
    """To their end and no further, so the connection is good for the next request."""
    answers = caller.call(serve(answering(answer)).url, n=2)
    assert ["", ""] == [got.failure for got in answers]
    assert [False, True] == [got.reused for got in answers]
    assert {text if text is not None else "no healthy upstream"} == {got.text for got in answers}


def test_an_error_status_is_an_answer(serve: Serve) -> None:
    """It has text and headers, and counts as failed by its status."""
    refusal = b"HTTP/1.1 403 Forbidden\r\nServer: istio-envoy\r\ncontent-length: 19\r\n\r\nRBAC: access denied"
    answers = caller.call(serve(answering(refusal)).url, n=3)
    assert ({403: 3}, {"status 403": 3}) == (answers.statuses, answers.reasons)
    assert ("RBAC: access denied", "istio-envoy") == (answers[0].text, answers[0].headers["server"])
    assert answers[0].seen is None


def closing_after(sent: bytes) -> Converse:
    def converse(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(sent)

    return converse


@pytest.mark.parametrize(
    ("sent", "failure"),
    [
        (b"", "reset: closed before the answer began"),
        (b"HTTP/1.1 200 OK\r\ncontent-le", "reset: closed before the message was complete"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", "reset: closed before the message was complete"),
        (b"SSH-2.0-OpenSSH\r\n", "malformed: not a status line of HTTP/1.1"),
        (b"HTTP/1.1 twohundred\r\n\r\n", "malformed: not a status line of HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "malformed: a content-length that is not one number"),
    ],
)
def test_a_broken_answer_is_a_failure_with_its_reason(serve: Serve, sent: bytes, failure: str) -> None:
    """Nothing of it counts as an answer, and nothing is tried again."""
    server = serve(closing_after(sent))
    answers = caller.call(server.url, n=2)
    assert [(failure, None)] * 2 == [(answer.failure, answer.status) for answer in answers]
    assert server.connections == 2


def test_a_connection_closed_in_between_is_not_used_again(serve: Serve) -> None:
    """A server may close an idle connection: the next request gets a new one and does not fail."""
    server = serve(closing_after(OK))
    with caller.load(server.url, rate=10) as load:
        load.run_until(5)
    assert not load.answers.failed
    assert not any(answer.reused for answer in load.answers)


def test_a_body_may_end_with_its_connection(serve: Serve) -> None:
    """Where no length is given."""
    answers = caller.call(serve(closing_after(b"HTTP/1.1 200 OK\r\n\r\nall of it")).url, n=2)
    assert ["all of it"] * 2 == [answer.text for answer in answers]


def test_nobody_there_is_a_failure() -> None:
    """A closed port, and a name that nobody knows."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        refused = caller.call(f"http://127.0.0.1:{closed.getsockname()[1]}", n=2)
    assert ["connect: Connection refused"] * 2 == [answer.failure for answer in refused]
    assert {"connect": 1} == caller.call("http://no-such-name.invalid").reasons


def test_a_request_that_hangs_ends_with_its_timeout(serve: Serve) -> None:
    """Also when something arrives all the time, but never the end."""

    def dripping(connection: socket.socket) -> None:
        connection.recv(65_536)
        while True:
            connection.sendall(b"H")
            time.sleep(0.02)

    for converse in (hanging, dripping):
        [answer] = caller.call(serve(converse).url, timeout=0.2)
        assert answer.failure == "timeout: no answer within 0.2 s"
        assert 0.2 <= answer.seconds < 5


def test_lines_of_tcp(serve: Serve) -> None:
    """A line is sent, a line is read, and the connection is used again."""
    got: list[bytes] = []

    def converse(connection: socket.socket) -> None:
        while line := connection.recv(100):
            got.append(line)
            connection.sendall(b"you said " + line)

    server = serve(converse)
    answers = caller.call(f"tcp://127.0.0.1:{server.port}", n=3, body="hi")
    assert [b"hi\n"] * 3 == got
    assert [("you said hi", None, "")] * 3 == [(one.text, one.status, one.failure) for one in answers]
    assert {"reset": 1} == caller.call(f"tcp://127.0.0.1:{serve(closing_after(b'')).port}").reasons


@pytest.mark.parametrize(
    ("greeting", "failure"), [(b"hello\n", ""), (b"", "reset: closed before the greeting"), (None, "timeout")]
)
def test_a_server_may_have_to_speak_first(serve: Serve, greeting: bytes | None, failure: str) -> None:
    """Nothing is sent before it has."""
    early = threading.Event()

    def converse(connection: socket.socket) -> None:
        connection.settimeout(0.2)
        with suppress(TimeoutError):
            if connection.recv(1):
                early.set()
        connection.settimeout(None)
        if greeting is None:
            connection.recv(1)  # says nothing until the client goes
        elif greeting:
            connection.sendall(greeting)
            while line := connection.recv(65_536):
                connection.sendall(line)

    url = f"tcp://127.0.0.1:{serve(converse).port}"
    answers = caller.call(url, n=2, body="hi", greeted=True, timeout=0.6)
    assert [failure] * 2 == [answer.failure[: len(failure)] for answer in answers]
    assert (["hi"] * 2 if not failure else ["", ""]) == [answer.text for answer in answers]
    assert not early.is_set()


def test_a_load_keeps_its_schedule_while_every_request_hangs(serve: Serve) -> None:
    """Requests go on being sent by the clock, many at once, though none is ever answered."""
    server = serve(hanging)
    with caller.load(server.url, rate=200, timeout=0.7) as load:
        load.run_until(150)
    answers = load.answers
    assert {"timeout": len(answers)} == answers.reasons
    assert all(abs((two.due - one.due) - 1 / 200) < 1e-6 for one, two in pairwise(answers))
    at_once = [sum(other.start <= answer.start < other.end for other in answers) for answer in answers]
    assert 100 <= max(at_once) <= 400
    assert server.connections == len(answers)


def test_requests_that_hang_do_not_delay_others(serve: Serve) -> None:
    """Every other connection hangs; what comes over the rest is answered at once, and the rate is kept."""
    numbers = iter(range(1_000_000))

    def converse(connection: socket.socket) -> None:
        (hanging if next(numbers) % 2 else answering(OK))(connection)

    with caller.load(serve(converse).url, rate=200, timeout=1.0, fresh=True) as load:
        load.run_until(200)
    answers = load.answers
    assert {"timeout"} == set(answers.reasons)
    assert 50 < answers.statuses[200] < len(answers) - 50
    assert answers.latency.p50 < 0.5
    assert {1 / 200} == {round(two.due - one.due, 6) for one, two in pairwise(answers)}


def test_a_full_load_says_what_it_does_not_send(serve: Serve) -> None:
    """What is more than may be under way fails at its time: it is neither late nor forgotten."""
    server = serve(hanging)
    with caller.load(server.url, rate=100, at_once=5, timeout=30.0) as load:
        load.run_until(50)
        server.close()
    answers = load.answers
    assert server.connections == answers.reasons["reset"] == 5
    # "connect" is what was due after the server's end and before the load's
    assert set(answers.reasons) - {"connect"} == {"unsent", "reset"}
    assert answers.reasons["unsent"] >= 50
    assert {1 / 100} == {round(two.due - one.due, 6) for one, two in pairwise(answers)}


def test_a_load_can_be_watched_and_loses_nothing_when_it_stops(serve: Serve) -> None:
    """Answers come in while it runs; what is under way at the end is waited for."""

    def slow(connection: socket.socket) -> None:
        while connection.recv(65_536):
            time.sleep(0.3)
            connection.sendall(OK)

    with caller.load(serve(slow).url, rate=50) as load:
        assert load.answers
        load.run_for(0.2)
        watched = len(load.answers)
    assert len(load.answers) > watched
    assert {200: len(load.answers)} == load.answers.statuses
    assert [f"{index}" for index in range(len(load.answers))] == [one.id.partition(".")[2] for one in load.answers]


def test_a_load_at_a_high_rate_is_kept(serve: Serve) -> None:
    """1000 a second over a few connections."""
    server = serve(answering(OK))
    began = time.monotonic()
    with caller.load(server.url, rate=1000) as load:
        load.run_until(1000)
    assert time.monotonic() - began >= 0.99
    # A few connections, unless the machine stalls: then one for each request of that time, and none for those beyond.
    assert set(load.answers.reasons) <= {"unsent"}
    assert {200: len(load.answers) - load.answers.reasons["unsent"]} == load.answers.statuses
    assert load.answers.statuses[200] >= 500
    assert server.connections <= 600


def test_a_block_that_fails_ends_its_load(serve: Serve) -> None:
    """The failure comes through, and the caller is gone."""
    server = serve(hanging)
    marked = Caller(environment={"MESHHUB_TEST_LOAD": server.url})

    def fail() -> None:
        with marked.load(server.url, rate=100, timeout=0.05):
            assert procfs.carriers("MESHHUB_TEST_LOAD", server.url)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not procfs.carriers("MESHHUB_TEST_LOAD", server.url)


def test_a_caller_ends_with_the_process_that_started_it(
    serve: Serve, lab_environment: dict[str, str], eventually: Callable[..., None]
) -> None:
    """Even when that is killed: a load has no end of its own."""
    server = serve(answering(OK))
    program = textwrap.dedent(f"""
        import time
        from lab.mesh.load import Caller
        with Caller(environment={{"MESHHUB_TEST_LOAD": {server.url!r}}}).load({server.url!r}):
            print("running", flush=True)
            time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", program], env=lab_environment, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"running\n"
        assert procfs.carriers("MESHHUB_TEST_LOAD", server.url)
        os.kill(starter.pid, signal.SIGKILL)
    eventually(lambda: not procfs.carriers("MESHHUB_TEST_LOAD", server.url))


def test_a_caller_runs_where_it_is_wrapped(serve: Serve) -> None:
    """The wrap sees the whole command line and may put anything before it."""
    server = serve(answering(OK))
    wrapped = Caller(wrap=lambda argv: ("/usr/bin/env", "WRAPPED=yes", *argv), environment={"MESHHUB_TEST_LOAD": "w"})
    with wrapped.load(server.url):
        [pid] = procfs.carriers("MESHHUB_TEST_LOAD", "w")
        assert procfs.carries(pid, "WRAPPED", "yes")


def test_a_caller_that_cannot_run_is_an_error_with_its_last_words() -> None:
    """For a call, and for a load before its block begins."""
    broken = Caller(wrap=lambda argv: ("/bin/sh", "-c", "echo no such namespace >&2; exit 3"))
    with pytest.raises(LabError, match=r"ended with status 3 after 0 requests\nno such namespace"):
        broken.call("http://127.0.0.1:1")
    with (
        pytest.raises(LabError, match=r"ended with status 3 after 0 requests\nno such namespace"),
        broken.load("http://127.0.0.1:1"),
    ):
        pytest.fail("the block was entered")


def test_a_caller_that_dies_is_an_error(serve: Serve) -> None:
    """Answers may be missing then, so nothing is concluded from those that came."""
    marked = Caller(environment={"MESHHUB_TEST_LOAD": "dies"})

    def kill() -> None:
        with marked.load(serve(answering(OK)).url) as load:
            [pid] = procfs.carriers("MESHHUB_TEST_LOAD", "dies")
            os.kill(pid, signal.SIGKILL)
            load.run_for(20)

    with pytest.raises(LabError, match="ended with status -9 after"):
        kill()


def test_ten_thousand_requests_in_a_row_need_little(serve: Serve) -> None:
    """The caller keeps nothing of what it has told: its memory does not grow with the number of requests."""
    server = serve(answering(OK))
    made = order(server.url, {}, count=10_000)
    ended = subprocess.run(
        [sys.executable, "-c", _MEASURED, json.dumps(made)], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(ended.stdout) < 64 * 1024


_MEASURED = """
import resource, subprocess, sys
from lab.mesh import caller
with subprocess.Popen([sys.executable, "-I", "-S", caller.__file__, sys.argv[1]], stdin=subprocess.PIPE,
                      stdout=subprocess.DEVNULL) as process:
    process.wait()
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
