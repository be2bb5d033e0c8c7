"""The test app as a process: what it answers, how it misbehaves when asked to, what it counts, what it survives."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.mesh.app_control import AppControl, app_argv
from lab.mesh.load import Caller

caller = Caller()


@dataclass(frozen=True)
class RunningApp:
    process: subprocess.Popen[bytes]
    ports: list[int]
    greeting: list[int]
    control_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def control(self) -> AppControl:
        return AppControl(self._ask)

    def _ask(self, method: str, path: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.control_port, timeout=5)
        connection.request(method, path)
        answer = connection.getresponse()
        with answer:
            return answer.status, answer.read().decode()

    def raw(self, sent: bytes, port: int | None = None) -> bytes:
        """All that it answers to these bytes until it closes the connection."""
        with socket.create_connection(("127.0.0.1", port or self.ports[0]), timeout=5) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))


@contextmanager
def running(workload: str, version: str) -> Iterator[RunningApp]:
    who = {"workload": workload, "cluster": "kind2", "version": version}
    argv = app_argv(**who, ports=[0, 0], greeting=[0], control=0, address="127.0.0.1")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env={}) as process:
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
            yield RunningApp(process, told["ports"], told["greeting"], told["control"])
        finally:
            process.kill()


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningApp]:
    with running("reviews-v1", "v1") as app:
        yield app


@pytest.fixture
def app(shared: RunningApp) -> RunningApp:
    """An app that behaves and has received nothing."""
    shared.control.behave()
    shared.control.forget()
    return shared


def test_it_says_who_it_is_and_what_it_was_asked(app: RunningApp) -> None:
    """Method, path with query, host, port, headers and body come back, beside workload, version and cluster."""
    [answer] = caller.call(
        f"{app.url}/reviews/7?a=1", method="PUT", headers={"X-Who": "me", "Host": "r:9080"}, body="é"
    )
    seen = answer.seen
    assert seen is not None
    assert (200, "v1@kind2", "reviews-v1") == (answer.status, seen.where, seen.workload)
    assert ("PUT", "/reviews/7?a=1", "r:9080", app.ports[0]) == (seen.method, seen.path, seen.host, seen.port)
    assert ("me", answer.id, "é") == (seen.headers["x-who"], seen.headers["x-lab-request"], seen.body)


def test_every_port_answers_and_says_which_it_is(app: RunningApp) -> None:
    """One process listens on several ports."""
    for port in app.ports:
        [answer] = caller.call(f"http://127.0.0.1:{port}/")
        assert answer.seen is not None
        assert port == answer.seen.port


def test_lines_of_text_are_answered_too(app: RunningApp) -> None:
    """What does not begin like HTTP is TCP: a line is answered by a line, as often as one comes."""
    answers = caller.call(f"tcp://127.0.0.1:{app.ports[1]}", n=3, body="hello")
    assert {"v1@kind2": 3} == answers.counts
    assert not answers.failed
    assert [("hello", True)] == [(answer.seen.body, answer.reused) for answer in answers[2:] if answer.seen]


def test_a_port_may_speak_first(app: RunningApp) -> None:
    """It says who it is before anything is asked, once a connection; the answers to lines are as elsewhere."""
    [port] = app.greeting
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        greeting = json.loads(connection.recv(65_536))
    assert {"workload": "reviews-v1", "cluster": "kind2", "version": "v1", "port": port} == greeting
    answers = caller.call(f"tcp://127.0.0.1:{port}", n=3, body="hello", greeted=True)
    assert ["hello"] * 3 == [answer.seen.body for answer in answers if answer.seen]
    assert 3 == app.control.received().total


def test_an_app_without_a_version_is_known_by_its_workload() -> None:
    """So that its answers still count by name and cluster."""
    with running("productpage", "") as unversioned:
        assert {"productpage@kind2": 1} == caller.call(unversioned.url).counts


@pytest.mark.parametrize("status", [200, 204, 304, 404, 503, 599])
def test_a_request_may_ask_for_a_status(app: RunningApp, status: int) -> None:
    """The answer is complete whatever its status, so the connection carries the next request."""
    first, second = caller.call(f"{app.url}/?status={status}", n=2)
    assert (status, False) == (first.status, first.reused)
    assert (status, True) == (second.status, second.reused)


def test_a_request_may_ask_for_headers_of_the_answer(app: RunningApp) -> None:
    """For routes that change or remove them."""
    [answer] = caller.call(f"{app.url}/?header=x-powered-by:app&header=x-other:a%20b")
    assert ("app", "a b") == (answer.headers["x-powered-by"], answer.headers["x-other"])


def test_a_request_may_ask_for_a_delay(app: RunningApp) -> None:
    """Others are answered meanwhile."""
    with socket.create_connection(("127.0.0.1", app.ports[0]), timeout=5) as connection:
        connection.sendall(b"GET /?delay=600 HTTP/1.1\r\n\r\n")
        assert not caller.call(app.url, n=5).failed
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
    [slow] = caller.call(f"{app.url}/?delay=50")
    assert slow.seconds >= 0.05


def test_a_request_may_fail_some_times_and_then_succeed(app: RunningApp) -> None:
    """What a retry sees: arrivals are counted by the request's id, and other requests have their own count."""
    ask = HTTPConnection("127.0.0.1", app.ports[0], timeout=5)
    statuses = []
    for identity in ("a", "a", "b", "a"):
        ask.request("GET", "/?status=503&times=2", headers={"x-lab-request": identity})
        answer = ask.getresponse()
        statuses.append((answer.status, json.loads(answer.read())["nth"]))
    ask.close()
    assert [(503, 1), (503, 2), (503, 1), (200, 3)] == statuses


def test_a_request_may_be_reset(app: RunningApp) -> None:
    """The connection ends without an answer; the next request gets a new one."""
    answers = caller.call(f"{app.url}/?reset=1", n=2)
    assert {"reset": 2} == answers.reasons
    assert ["reset: Connection reset by peer"] * 2 == [answer.failure for answer in answers]


def test_all_requests_can_be_answered_in_another_way(app: RunningApp) -> None:
    """Until told otherwise, and what a request asks for itself goes first."""
    app.control.behave(status=500, headers={"x-broken": "yes"})
    [broken], [own] = caller.call(app.url), caller.call(f"{app.url}/?status=418")
    assert (500, "yes", 418) == (broken.status, broken.headers["x-broken"], own.status)
    app.control.behave()
    assert {200: 1} == caller.call(app.url).statuses


def test_the_orders_for_all_requests_may_hold_for_first_tries_only(app: RunningApp) -> None:
    """Each request fails once, and its retry succeeds."""
    app.control.behave(reset=True, times=1)
    assert {"reset": 1} == caller.call(app.url).reasons
    again = HTTPConnection("127.0.0.1", app.ports[0], timeout=5)
    again.request("GET", "/", headers={"x-lab-request": app.control.received().recent[0].headers["x-lab-request"]})
    assert again.getresponse().status == 200
    again.close()


def test_it_counts_what_came(app: RunningApp) -> None:
    """In all, by request, and the last ones whole: so copies that a mirror sends can be found."""
    answers = caller.call(f"{app.url}/counted", n=7)
    others = caller.call(f"tcp://127.0.0.1:{app.ports[1]}", n=2)
    received = app.control.received()
    assert (9, 7, 0) == (received.total, received.of(answers), received.of(others))
    assert {1} == set(received.arrivals.values())
    assert ["/counted", ""] == [received.recent[0].path, received.recent[-1].path]
    app.control.forget()
    assert (0, ()) == (app.control.received().total, app.control.received().recent)


@pytest.mark.parametrize("order", ["status=999", "status=abc", "delay=-1", "header=no-colon", "header=a:b%0d%0ac:d"])
def test_an_order_that_makes_no_sense_is_refused(app: RunningApp, order: str) -> None:
    """With a sentence, and nothing changes."""
    [answer] = caller.call(f"{app.url}/?{order}")
    assert answer.status == 400
    assert "error" in json.loads(answer.text)
    assert {200: 1} == caller.call(app.url).statuses


def test_a_refused_order_for_all_is_an_error(app: RunningApp) -> None:
    """The test that gave it learns why."""
    with pytest.raises(LabError, match="answers 400 to POST /behave"):
        app.control.behave(status=42)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"GET /with space HTTP/1.1\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\ncontent-length: many\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 600_000, 431),
    ],
)
def test_malformed_requests_are_refused_and_hurt_nobody_else(app: RunningApp, sent: bytes, status: int) -> None:
    """They are answered with the status that says so, and the connection is closed."""
    answered = b""
    try:
        answered = app.raw(sent)
    except OSError:  # it did not wait for the rest
        assert status in (413, 431)
    else:
        assert answered.startswith(f"HTTP/1.1 {status} ".encode())
    assert {200: 1} == caller.call(app.url).statuses


def test_large_headers_and_bodies_come_back(app: RunningApp) -> None:
    """As large as Envoy lets through by default, 60 KiB of headers."""
    [answer] = caller.call(app.url, headers={"x-large": "h" * 50_000})
    assert json.loads(answer.text)["headers"]["x-large"] == "h" * 50_000
    answered = app.raw(
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2710\r\n" + b"b" * 10_000 + b"\r\n0\r\n\r\n"
    )
    assert json.loads(answered.partition(b"\r\n\r\n")[2])["body"] == "b" * 10_000


def test_a_connection_is_closed_when_the_client_asks_for_that(app: RunningApp) -> None:
    """By a header, or by HTTP/1.0, and the answer says so; HEAD has the headers alone."""
    for sent in (b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"):
        assert b"\r\nconnection: close\r\n" in app.raw(sent)
    answered = app.raw(b"HEAD / HTTP/1.1\r\nconnection: close\r\n\r\n")
    assert answered.endswith(b"\r\n\r\n")
    assert b"content-length: " in answered


def test_many_connections_cost_little(app: RunningApp) -> None:
    """300 at once are all served, and when they are gone so are their threads and descriptors."""
    status = Path(f"/proc/{app.process.pid}/status")
    descriptors = Path(f"/proc/{app.process.pid}/fd")
    connections = [socket.create_connection(("127.0.0.1", app.ports[0]), timeout=5) for _ in range(300)]
    for connection in connections:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert all(connection.recv(15) == b"HTTP/1.1 200 OK" for connection in connections)
    resident = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    assert int(resident.split()[1]) < 64 * 1024
    for connection in connections:
        connection.close()
    patience = threading.Event()
    for _ in range(100):
        if len(list(descriptors.iterdir())) < 50:
            break
        patience.wait(0.05)
    assert len(list(descriptors.iterdir())) < 50


def test_it_says_why_it_cannot_listen(app: RunningApp) -> None:
    """In a line, not with a traceback."""
    argv = app_argv(workload="x", cluster="kind2", ports=[app.ports[0]], control=0, address="127.0.0.1")
    ended = subprocess.run(argv, capture_output=True, text=True, env={}, timeout=20, check=False)
    assert (1, "cannot listen: [Errno 98] Address already in use\n") == (ended.returncode, ended.stderr)
