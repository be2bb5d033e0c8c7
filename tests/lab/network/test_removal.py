"""What stays of a network: nothing, after crashes too."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from two_clusters import real, two_clusters

from lab.folder import LabFolder
from lab.mesh.namespace import NAMED, inside, program
from lab.mesh.network import build
from lab.mesh.removal import FILES, existing, remove
from lab.mesh.wiring import hub
from lab.take_down import down


@real
def test_remains_of_a_crash_are_removed(prefix: str) -> None:
    """A name without a namespace, files without a name, and a mesh of which half was deleted by hand."""
    build(two_clusters(prefix))
    subprocess.run([program("ip"), "netns", "del", hub(prefix)], check=True)
    subprocess.run([program("ip"), "netns", "del", f"{prefix}-east-gw"], check=True)
    (NAMED / f"{prefix}-begun").touch()
    (FILES / f"{prefix}-other").mkdir()
    assert 8 == remove(prefix)
    assert ([], []) == (existing(prefix), list(FILES.glob(f"{prefix}*")))
    assert 0 == remove(prefix)
    build(two_clusters(prefix))


@real
def test_what_runs_in_a_removed_namespace_is_killed_and_nothing_else(prefix: str) -> None:
    """Another lab's namespaces and programs, and those of the machine, stay."""
    other = f"{prefix}0"  # its names begin with the same letters
    for name in (f"{prefix}-a", f"{other}-a"):
        subprocess.run([program("ip"), "netns", "add", name], check=True)
    sleep = ["/bin/sleep", "60"]
    own, others, free = (
        subprocess.Popen(argv)
        for argv in (inside(f"{prefix}-a", sleep, uid=0), inside(f"{other}-a", sleep, uid=0), sleep)
    )
    try:
        # before it is the program itself, it is the one that brings it into the namespace
        while Path(f"/proc/{own.pid}/cmdline").read_bytes() != b"/bin/sleep\x0060\x00":
            assert own.poll() is None
        assert 1 == remove(prefix)
        assert -signal.SIGKILL == own.wait()
        assert (None, None) == (others.poll(), free.poll())
        assert [f"{other}-a"] == existing(other)
    finally:
        for process in (own, others, free):
            process.kill()
            process.wait()
        remove(other)


@real
@pytest.mark.parametrize("with_folder", [True, False])
def test_down_removes_the_namespaces_of_a_lab(lab_folder: LabFolder, with_folder: bool) -> None:
    """Also when somebody deleted the folder by hand: the folder's path is enough."""
    build(two_clusters(lab_folder.prefix))
    if not with_folder:
        subprocess.run(["rm", "-r", lab_folder.path], check=True)
    down(lab_folder.path)
    assert [] == existing(lab_folder.prefix)


@real
def test_the_guard_removes_the_namespaces_of_a_lab(
    lab_folder: LabFolder, lab_environment: dict[str, str], eventually: Callable[..., None]
) -> None:
    """When the process that wanted it was killed."""
    program = f"""
import os, signal
from lab.folder import LabFolder
from lab.guard import watching
from lab.mesh.network import build
from lab.mesh.wiring import Wiring
lab = LabFolder.at({str(lab_folder.path)!r})
with watching(lab):
    build(Wiring(prefix=lab.prefix, nodes=(), pods=()))
    print("built", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], env=lab_environment, capture_output=True, check=False)
    assert (-signal.SIGKILL, b"built\n") == (killed.returncode, killed.stdout)
    eventually(lambda: not existing(lab_folder.prefix) and not lab_folder.path.exists())
