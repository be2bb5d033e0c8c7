"""Places: what lies where input is read from and output is written to leads nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from whole_mesh import documents, written

from meshhub_pulumi.cli.folder import LIST

ROOT = Path(__file__).parents[2]
GOOD = written(documents())
CART = "east/virtualservice-shop-cart.yaml"


def _file(place: Path) -> None:
    place.write_text("mine")


def _folder(place: Path) -> None:
    place.mkdir()


def _pipe(place: Path) -> None:
    os.mkfifo(place)


def _link_out(place: Path) -> None:
    place.symlink_to(f"{'../' * len(place.parts)}../precious.yaml")


def _link_to_itself(place: Path) -> None:
    place.symlink_to(place.name)


@pytest.mark.parametrize("make", [_file, _folder, _pipe, _link_out, _link_to_itself])
@pytest.mark.parametrize(
    "at", ["out", "out/east", f"out/{CART}", f"out/{LIST}", f"out/east/.{Path(CART).name}.partial"]
)
def test_what_stands_where_output_goes(judged, make, at):
    """What stands in the way is left alone and named, or replaced where it is ours; what it leads to stays."""
    Path(at).parent.mkdir(parents=True, exist_ok=True)
    make(Path(at))
    judged(GOOD)


@pytest.mark.parametrize("make", [_pipe, _link_to_itself])
def test_what_stands_where_input_is(judged, make):
    """A pipe or a link to itself among the files of a folder is named, and nobody waits for it."""
    Path("folder").mkdir()
    make(Path("folder/x.yaml"))
    ended = judged(None, "folder")
    assert 2 == ended.code
    assert "folder/x.yaml: " in ended.err


def bounded(arguments: list[str], folder: Path, memory: int) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, whose memory and time are bounded."""
    code = (
        "import resource\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (20, 20))\n"
        "from meshhub_pulumi.cli import main\n"
        "main()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_file_without_end(tmp_path):
    """A device that never ends is refused at a bound."""
    (tmp_path / "in.yaml").symlink_to("/dev/zero")
    ended = bounded(["check", "in.yaml"], tmp_path, 1 << 30)
    assert (2, "meshhub: in.yaml: is larger than 256 MB; split it\n") == (ended.returncode, ended.stderr)


def test_memory_that_does_not_suffice(tmp_path):
    """Input for which the memory does not suffice ends in one line."""
    (tmp_path / "in.yaml").write_bytes(b"[" + b"[]," * 3_000_000 + b"]")
    ended = bounded(["check", "in.yaml"], tmp_path, 300 << 20)
    assert (2, "", 1) == (ended.returncode, ended.stdout, ended.stderr.count("\n")), ended.stderr
    assert "the input needs more memory than there is; split it" in ended.stderr
