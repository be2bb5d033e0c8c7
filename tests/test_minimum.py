"""The smallest mesh: beside each example lies what an expert would write by hand, and we write hardly more objects."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from meshhub_pulumi.readers.files import read
from meshhub_pulumi.standard import compile_standard
from tools import toolchain

MOST = 1.2
EXAMPLES = sorted(
    path.parent
    for path in (Path(__file__).parents[1] / "examples").glob("*/__main__.py")
    if "VirtualMesh(" in path.read_text(encoding="utf-8")  # the others are raw objects
)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_needs_hardly_more_objects_than_by_hand(example: Path) -> None:
    """At most a fifth more; with none beside it, an example would prove nothing."""
    loaded = read([str(example)])
    made = compile_standard(loaded.specs, loaded.snapshot).manifests
    minimum = {
        file.stem: [body for body in yaml.safe_load_all(file.read_text(encoding="utf-8")) if body]
        for file in (example / "minimum").glob("*.yaml")
    }
    assert minimum.keys() == {key.cluster for key in made}
    assert len(made) <= MOST * sum(map(len, minimum.values()))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_istio_accepts_the_minimum(example: Path) -> None:
    """Istio's own validation has nothing against what was written by hand."""
    istioctl = toolchain.ensure(["istioctl"])["istioctl"]
    done = subprocess.run(
        [istioctl, "validate", "-f", example / "minimum"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
