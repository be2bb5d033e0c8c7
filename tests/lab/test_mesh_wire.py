"""Reading HTTP/1.1 from a socket: whole messages however they are cut up, and an error for anything else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.mesh.wire import MOST_BODY, MOST_HEAD, ClosedError, MalformedError, Reader, joined


@contextmanager
def arriving(*pieces: bytes) -> Iterator[Reader]:
    """A reader of a connection on which these pieces arrive, and then its end."""
    ours, theirs = socket.socketpair()
    with ours, theirs:

        def send() -> None:
            with suppress(OSError):  # the reader has had enough
                for piece in pieces:
                    theirs.sendall(piece)
                theirs.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            yield Reader(ours)
        finally:
            ours.close()
            sender.join()


def cut(text: bytes, places: Sequence[int]) -> list[bytes]:
    """The text in pieces."""
    ends = sorted({place % (len(text) + 1) for place in places} | {len(text)})
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False) if start < end]


def chunked(chunks: Sequence[bytes]) -> bytes:
    """A body in the chunked coding."""
    return (
        b"".join(b"%x;by=test\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks if chunk) + b"0\r\nend: yes\r\n\r\n"
    )


@given(bodies=st.lists(st.binary(max_size=300), max_size=4), places=st.lists(st.integers(0, 5000), max_size=6))
def test_messages_are_read_whole_however_they_arrive(bodies: list[bytes], places: list[int]) -> None:
    """Several on one connection, some with a length and some in chunks, cut at any places."""
    sent = b""
    for number, body in enumerate(bodies):
        framed = b"transfer-encoding: chunked\r\n\r\n" + chunked([body[:7], body[7:]])
        plain = b"content-length: %d\r\n\r\n%s" % (len(body), body)
        sent += b"PUT /%d HTTP/1.1\r\nX-Number: %d\r\n" % (number, number) + (framed if number % 2 else plain)
    with arriving(*cut(sent, places)) as reader:
        for number, body in enumerate(bodies):
            assert reader.line() == f"PUT /{number} HTTP/1.1".encode()
            headers = reader.headers()
            assert headers[0] == ("x-number", str(number))
            assert reader.body(headers) == body
        assert reader.line() is None


@given(garbage=st.binary(max_size=200))
def test_garbage_is_an_error_and_nothing_else(garbage: bytes) -> None:
    """Whatever arrives is read, or is malformed, or ends too early; nothing waits and nothing else is raised."""
    with arriving(garbage) as reader:
        try:
            while reader.line() is not None:
                reader.body(reader.headers())
        except (MalformedError, ClosedError):
            pass


@pytest.mark.parametrize(
    "headers",
    [
        b"content-length: -1\r\n\r\n",
        b"content-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"transfer-encoding: gzip\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n-1\r\n",
        b"transfer-encoding: chunked\r\n\r\n1\r\nab\r\n",
        b"no colon\r\n\r\n",
        b"name : value\r\n\r\n",
        b": value\r\n\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(headers: bytes) -> None:
    """A message whose end is not certain would make the next one begin anywhere."""
    with arriving(headers) as reader, pytest.raises(MalformedError):
        reader.body(reader.headers())


def test_sizes_are_bounded() -> None:
    """Headers and bodies beyond the limits are refused with the status that says so."""
    with arriving(b"x: " + b"y" * MOST_HEAD * 2) as reader, pytest.raises(MalformedError) as refused:
        reader.headers()
    assert refused.value.status == 431
    with arriving(b"content-length: %d\r\n\r\n" % (MOST_BODY + 1)) as reader, pytest.raises(MalformedError) as refused:
        reader.body(reader.headers())
    assert refused.value.status == 413


def test_a_message_that_stops_in_the_middle_is_not_taken_for_a_whole_one() -> None:
    """The connection's end is an error inside a message, and a body's end only where nothing else says it."""
    with arriving(b"content-length: 10\r\n\r\nshort") as reader, pytest.raises(ClosedError):
        reader.body(reader.headers())
    with arriving(b"\r\nall of it") as reader:
        assert reader.body(reader.headers(), to_the_end=True) == b"all of it"


def test_a_deadline_ends_the_wait() -> None:
    """Also when bytes keep coming, but never the last one."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"begun")
        reader = Reader(ours)
        reader.deadline = time.monotonic() + 0.05
        with pytest.raises(TimeoutError):
            reader.line()


def test_headers_of_one_name_are_joined() -> None:
    """In the order in which they came, as proxies do."""
    assert {"via": "a, b", "host": "x"} == joined([("via", "a"), ("host", "x"), ("via", "b")])
