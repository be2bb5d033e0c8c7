"""Two clusters of the network layer alone, and how a test sends bytes in it."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.mesh.namespace import call, inside, program
from lab.mesh.network import why_not
from lab.mesh.wiring import Forward, Node, Pod, Wiring

NEEDED = why_not()


real = pytest.mark.skipif(bool(NEEDED), reason=f"no live mesh on this machine: {NEEDED}")


APP, PROXY = 1000, 1337


EAST_GATEWAY, WEST_GATEWAY = "172.18.0.220", "172.18.0.221"


Server = Callable[[str, str, int, str], None]


def new_prefix() -> str:
    """As a lab's folder has one, but of no folder."""
    return f"mh{secrets.token_hex(4)}"


def node(prefix: str, name: str, number: int, *, gateway: str, at: str = "10.244.0.1", shared: str = "") -> Node:
    return Node(
        namespace=f"{prefix}-{name}",
        network=shared or name,
        address=at,
        outside=(f"100.64.0.{number}", gateway),
        forwards=(Forward(address=gateway, port=15443, to_address="10.244.0.2", to_port=8443),),
    )


def pod(
    prefix: str, name: str, on: str, at: str, *, captured: bool = False, hosts: Mapping[str, str] | None = None
) -> Pod:
    namespace = f"{prefix}-{name}"
    return Pod(namespace=namespace, network=on, address=at, via="10.244.0.1", captured=captured, hosts=hosts or {})


def two_clusters(prefix: str) -> Wiring:
    """East and west with the same addresses: a gateway and a client each, and in east a pod with a sidecar."""
    return Wiring(
        prefix=prefix,
        nodes=(
            node(prefix, "east", 1, gateway=EAST_GATEWAY),
            node(prefix, "west", 2, gateway=WEST_GATEWAY),
        ),
        pods=(
            pod(prefix, "east-gw", "east", "10.244.0.2"),
            pod(prefix, "east-client", "east", "10.244.0.20", hosts={"istiod.example": "10.244.0.1"}),
            pod(prefix, "east-app", "east", "10.244.0.11", captured=True),
            pod(prefix, "west-gw", "west", "10.244.0.2"),
            pod(prefix, "west-client", "west", "10.244.0.20"),
            pod(prefix, "west-only", "west", "10.244.0.30"),
        ),
    )


def connect(namespace: str, address: str, port: int, *, limit: float = 3.0) -> socket.socket:
    return call(namespace, lambda: socket.create_connection((address, port), timeout=limit))


def hear(namespace: str, address: str, port: int, *, limit: float = 3.0) -> list[str]:
    """What the server says that a program of root reaches: its name, and the address that it sees."""
    with connect(namespace, address, port, limit=limit) as connection:
        return connection.makefile().read().split()


def hear_as(uid: int, namespace: str, address: str, port: int, *, source: str = "0.0.0.0") -> str:
    """The name of the server that a program of this user reaches."""
    code = (
        "import socket\n"
        f"connection = socket.create_connection({(address, port)}, timeout=3, source_address={(source, 0)})\n"
        "print(connection.makefile().read())"
    )
    argv = inside(namespace, [sys.executable, "-I", "-S", "-c", code], uid=uid)
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()[0]


def ask_ip(*arguments: str) -> list[dict[str, Any]]:
    text = subprocess.run([program("ip"), "-j", *arguments], capture_output=True, text=True, check=True).stdout
    return [entry for entry in json.loads(text or "[]") if entry]


def network_of(path: Path | str) -> tuple[int, int]:
    seen = Path(path).stat()
    return seen.st_dev, seen.st_ino
