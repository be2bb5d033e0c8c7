"""A mesh from its first to its last moment: it comes up twice as once, heals, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import procfs
from lab.errors import LabError
from lab.folder import LabFolder
from lab.mesh.bring_up import attach, up
from lab.mesh.live import mesh
from lab.mesh.namespace import NAMED
from lab.mesh.removal import FILES
from lab.process import MARK
from lab.take_down import down
from meshhub_pulumi.readers.files import read_snapshot

SMALL = Path(__file__).with_name("small.yaml")
URL = "http://reviews:9080/"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def traces(folder: Path) -> dict[str, list[str]]:
    """What there is of a folder's lab on this machine, wherever such a thing could be."""
    prefix = LabFolder.at(folder).prefix
    marked = procfs.carriers(MARK, str(folder.resolve()))
    found = {
        "processes": [str(pid) for pid in marked],
        "namespaces": [path.name for path in NAMED.glob(f"{prefix}-*")],
        "namespace files": [path.name for path in FILES.glob(f"{prefix}-*")],
        "files": [path.name for path in folder.parent.glob(f"{folder.name}*")],
    }
    return {what: names for what, names in found.items() if names}


def interfaces() -> set[str]:
    """The interfaces of the machine's own network."""
    return {entry.name for entry in os.scandir("/sys/class/net")}


@pytest.fixture
def folder(tmp_path: Path, needs_mesh: None) -> Iterator[Path]:
    """Where a test's mesh lives; taken down if the test did not."""
    place = tmp_path / "lab"
    yield place
    down(place)


@pytest.fixture
def run_mesh(lab_environment: dict[str, str]) -> Run:
    """Runs `python -m lab.mesh` to its end, as a user does."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lab.mesh", *map(str, arguments)]
        return subprocess.run(command, env=lab_environment, capture_output=True, text=True, timeout=120, check=False)

    return run


def test_nothing_stays_behind(folder: Path) -> None:
    """Not on the machine's own network either, which a mesh leaves alone while it runs too."""
    before = interfaces()
    with mesh(read_snapshot(SMALL), folder=folder) as running:
        running["alone"].pod("client").call(URL, 3).assert_all_answered()
        assert {"processes", "namespaces", "namespace files", "files"} == set(traces(folder))
        assert before == interfaces()
    assert {} == traces(folder)
    assert before == interfaces()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_nothing_stays_behind_of_a_process_that_is_ended(
    folder: Path,
    number: signal.Signals,
    lab_environment: dict[str, str],
    eventually: Callable[..., None],
) -> None:
    """Whoever holds a mesh for the length of a block may be killed at any moment; here while it comes up."""
    program = f"""
        import signal, sys
        from pathlib import Path
        from lab.mesh.live import mesh
        from meshhub_pulumi.readers.files import read_snapshot
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        with mesh(read_snapshot(Path({str(SMALL)!r})), folder={str(folder)!r}):
            raise SystemExit("it should have been killed")
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], env=lab_environment) as holder:
        eventually(lambda: {"processes", "namespaces"} <= set(traces(folder)))
        holder.send_signal(number)
    eventually(lambda: not traces(folder), limit=30)


def test_the_command_line_from_up_to_down(folder: Path, run_mesh: Run) -> None:
    """Up, up again, status, call, kill and heal, cut and heal, drain, down: each says what it did by its exit code."""
    at = ("--folder", folder)
    first = run_mesh("up", SMALL, *at)
    assert 0 == first.returncode, first.stderr
    assert "alone ready after" in first.stdout
    pids = traces(folder)["processes"]
    again = run_mesh("up", SMALL, *at)
    assert (0, pids) == (again.returncode, traces(folder)["processes"])

    called = run_mesh("call", "alone/client", URL, "-n", "5", *at)
    assert 0 == called.returncode, called.stdout
    assert "v1@alone" in called.stdout
    assert 0 == run_mesh("status", *at).returncode

    # a cut pod still runs, so that only a link that was mended explains the calls at the end
    for verb in ("drain", "kill", "cut"):
        assert 0 == run_mesh(verb, "alone/reviews-v1", *at).returncode
        assert 1 == run_mesh("call", "alone/client", URL, "--timeout", "1", *at).returncode, verb
        healed = run_mesh("heal", *at)
        assert 0 == healed.returncode, healed.stderr
    assert 0 == run_mesh("call", "alone/client", URL, "-n", "5", *at).returncode

    ended = run_mesh("down", *at)
    assert 0 == ended.returncode
    assert "processes ended" in ended.stdout
    assert "nothing was running" in run_mesh("down", *at).stdout
    assert {} == traces(folder)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("up", "nosuch.yaml"), "nosuch.yaml"),
        (("status",), "no mesh runs in"),
        (("call", "alone/client", URL), "no mesh runs in"),
        (("heal",), "no mesh runs in"),
    ],
)
def test_mistakes_are_told_in_a_line(folder: Path, run_mesh: Run, arguments: tuple[str, ...], says: str) -> None:
    """Without a traceback, and nothing is made."""
    done = run_mesh(*arguments, "--folder", folder)
    assert 1 == done.returncode
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert {} == traces(folder)


def test_a_lost_machine_comes_up_again(folder: Path) -> None:
    """After everything was killed, `up` brings the same mesh back, and another snapshot is refused meanwhile."""
    snapshot = read_snapshot(SMALL)
    running = up(snapshot, folder=folder)
    running["alone"].kill()
    running.close()
    other = snapshot.model_copy(update={"clusters": {"another": snapshot.clusters["alone"]}})
    with pytest.raises(LabError, match="was made from another snapshot"):
        up(other, folder=folder)
    back = up(snapshot, folder=folder)
    back["alone"].pod("client").call(URL, 3).assert_all_answered()
    back.close()
    attached = attach(folder)
    attached["alone"].pod("client").call(URL, 3).assert_all_answered()
    assert [] == attached.rejections()
    attached.close()
