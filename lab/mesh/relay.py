"""Lets proxies reach their istiod: it listens on the machine's loopback, they live in namespaces of their own.

One relay per cluster runs in the machine's namespace, but listens on the node's address in the node's; every
connection goes on to istiod, byte by byte, so TLS and certificates stay between the two. Started as
`python -P -S -m lab.mesh.relay NAMESPACE ADDRESS PORT TO_PORT`; standard library only.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from functools import partial
from pathlib import Path

from lab.cluster import Cluster
from lab.mesh.namespace import call
from lab.mesh.wiring import Node
from lab.ports import ADDRESS
from lab.process import Command

PROGRAM = "istiod-relay"
_CHUNK = 64 * 1024


def command(cluster: Cluster, node: Node, *, port: int) -> Command:
    """The relay of a cluster that listens on this port of its node's inner address."""
    order = (node.namespace, node.address, str(port), str(cluster.ports.istiod_xds))
    return Command(
        cluster=cluster.name,
        program=PROGRAM,
        argv=(sys.executable, "-P", "-S", "-m", "lab.mesh.relay", *order),
        folder=cluster.folder,
        log=cluster.log(PROGRAM),
        environment={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )


def unready(node: Node, *, port: int) -> str:
    """Why it does not listen yet, in a few words; empty when it does."""
    try:
        call(node.namespace, lambda: socket.create_connection((node.address, port), timeout=5.0)).close()
    except OSError as problem:
        return problem.strerror or str(problem)
    return ""


async def _serve(listener: socket.socket, to_port: int) -> None:
    server = await asyncio.start_server(partial(_relay, to_port), sock=listener, limit=_CHUNK)
    async with server:
        await server.serve_forever()


async def _relay(to_port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, from its beginning to its end.

    A proxy that has said everything may still listen. When istiod ends its side, all is over.
    """
    try:
        answers, questions = await asyncio.open_connection(ADDRESS, to_port, limit=_CHUNK)
    except OSError as problem:
        print(f"istiod cannot be reached: {problem.strerror}", file=sys.stderr, flush=True)
        writer.transport.abort()
        return
    try:
        async with asyncio.TaskGroup() as both:  # an error on one way ends the other
            asking = both.create_task(_copy(reader, questions))
            await _copy(answers, writer)
            asking.cancel()
    except* OSError:  # one of them reset its side
        pass
    finally:
        questions.close()
        writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(_CHUNK):
        target.write(data)
        await target.drain()
    target.write_eof()


def main() -> None:
    namespace, address, port, to_port = sys.argv[1:]
    listener = call(namespace, lambda: socket.create_server((address, int(port)), backlog=1024))
    asyncio.run(_serve(listener, int(to_port)))


if __name__ == "__main__":
    main()
