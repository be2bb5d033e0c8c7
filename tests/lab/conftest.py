"""Fixtures for the lab's tests: folders, shell scripts in the place of programs, and real control planes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
if str(CHECKOUT) not in sys.path:  # `lab` and `tools` are not part of the wheel
    sys.path.insert(0, str(CHECKOUT))

from lab import procfs  # noqa: E402
from lab.folder import LabFolder  # noqa: E402
from lab.process import MARK, Command, end, end_marked, recorded  # noqa: E402
from tools import toolchain  # noqa: E402


@pytest.fixture(scope="session")
def real_programs() -> dict[str, Path]:
    """The real programs; made now if this machine has none, so a test that needs them never skips itself."""
    return toolchain.ensure(["etcd", "kube-apiserver", "kube-controller-manager", "istiod", "istio-crds", "kubectl"])


@pytest.fixture
def lab_folder(tmp_path: Path) -> Iterator[LabFolder]:
    """A claimed lab's folder; whatever a test started in it is ended."""
    folder = LabFolder.at(tmp_path / "lab")
    folder.claim()
    yield folder
    end(recorded(folder))
    end_marked(folder)


@pytest.fixture
def script(lab_folder: LabFolder) -> Callable[..., Command]:
    """Builds the Command of a program of cluster `east` that is a shell script."""

    def build(text: str, program: str = "etcd", cluster: str = "east") -> Command:
        folder = lab_folder.clusters / cluster
        folder.mkdir(exist_ok=True)
        return Command(
            cluster=cluster,
            program=program,
            argv=("/bin/sh", "-c", text),
            folder=folder,
            log=folder / "log" / f"{program}.log",
        )

    return build


@pytest.fixture
def lab_environment() -> dict[str, str]:
    """Our environment, in which Python finds `lab` and `tools` from any working directory."""
    return {**os.environ, "PYTHONPATH": str(CHECKOUT)}


@pytest.fixture
def run_lab(lab_environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `python -m lab` to its end, as a user does."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lab", *map(str, arguments)],
            env=lab_environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def survivors() -> Callable[[Path], list[int]]:
    """Finds the processes of the lab of a folder that still run, by the mark in their environment."""
    return lambda folder: procfs.carriers(MARK, str(folder.resolve()))


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Waits until a condition holds; fails the test when it does not within some seconds."""

    def wait(condition: Callable[[], object], limit: float = 20.0) -> None:
        deadline = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true in time"
            time.sleep(0.05)

    return wait
