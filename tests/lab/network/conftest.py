"""The network of a live mesh without anything in it: built, in the making, and servers inside."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from two_clusters import Server, new_prefix, two_clusters

from lab.mesh.namespace import call
from lab.mesh.network import build
from lab.mesh.removal import remove


@pytest.fixture(scope="module")
def mesh() -> Iterator[str]:
    """The prefix of two clusters that are built; tests leave them as they are."""
    prefix = new_prefix()
    build(two_clusters(prefix))
    yield prefix
    remove(prefix)


@pytest.fixture
def prefix() -> Iterator[str]:
    """A prefix; whatever a test makes with it is removed."""
    prefix = new_prefix()
    yield prefix
    remove(prefix)


@pytest.fixture
def serve() -> Iterator[Server]:
    """Starts servers inside namespaces: each tells whoever connects its name, and whom it sees."""
    with ExitStack() as running:

        def start(namespace: str, address: str, port: int, name: str) -> None:
            listener = call(namespace, lambda: socket.create_server((address, port)))

            def answer() -> None:
                with suppress(OSError):  # closed
                    while True:
                        connection, (client, _) = listener.accept()
                        with connection:
                            connection.sendall(f"{name} {client}".encode())

            thread = threading.Thread(target=answer)
            thread.start()
            running.callback(listener.close)
            running.callback(thread.join)
            running.callback(listener.shutdown, socket.SHUT_RDWR)

        yield start
