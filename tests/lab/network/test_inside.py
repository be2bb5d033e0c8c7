"""Programs inside a namespace: whose they are, what they see, and how they are found again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from two_clusters import APP, network_of, real

from lab.folder import LabFolder
from lab.mesh.namespace import NAMED, inside
from lab.process import Command, spawn


@real
def test_a_program_inside_is_the_users_and_sees_the_pods_files(mesh: str) -> None:
    """Its own hosts and resolver, the user's identity, and the right to read what lies in a closed folder."""
    code = "id -u; id -g; id -G; cat /etc/hosts /etc/resolv.conf; grep CapEff /proc/self/status"
    argv = inside(f"{mesh}-east-client", ["/bin/sh", "-c", code], uid=APP)
    printed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [
        *("1000", "1000", "1000"),
        *("127.0.0.1 localhost", "10.244.0.1 istiod.example"),
        *("nameserver 127.0.0.1", "options timeout:1 attempts:1"),
        "CapEff:\t0000000000000004",
    ] == printed


@real
def test_a_program_inside_may_listen_on_a_low_port(mesh: str) -> None:
    """As in a container: many services have port 80."""
    code = "import socket; print(socket.create_server(('0.0.0.0', 80)).getsockname())"
    argv = inside(f"{mesh}-east-client", [sys.executable, "-I", "-S", "-c", code], uid=APP)
    assert "('0.0.0.0', 80)\n" == subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@real
def test_a_process_of_the_lab_inside_keeps_its_pid(
    mesh: str, lab_folder: LabFolder, eventually: Callable[..., None]
) -> None:
    """The recorded process is the program itself, so it can be ended by its record."""
    folder = lab_folder.clusters / "east"
    folder.mkdir()
    argv = inside(f"{mesh}-east-client", ["/bin/sleep", "60"], uid=APP)
    command = Command(cluster="east", program="app", argv=argv, folder=folder, log=folder / "log" / "app.log")
    process = spawn(command, lab_folder)
    eventually(lambda: Path(f"/proc/{process.pid}/cmdline").read_bytes() == b"/bin/sleep\x0060\x00")
    assert network_of(NAMED / f"{mesh}-east-client") == network_of(f"/proc/{process.pid}/ns/net")
