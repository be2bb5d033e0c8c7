"""A program that `meshhub convert` wrote is one that the engine takes as it is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from engine import Engine

from meshhub_pulumi.cli.blocks import blocks_of
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.report.own_yaml import print_snapshot
from meshhub_pulumi.report.python_program import print_program
from meshhub_pulumi.standard import compile_standard

GLOO = Path(__file__).parents[1] / "fixtures" / "gloo"


def test_a_whole_repository_previews(offline: Engine) -> None:
    """Every object of Gloo Mesh's YAML is previewed, and no two resources share a URN."""
    loaded = read([str(GLOO)])
    blocks, _ = blocks_of(loaded.specs, loaded.snapshot)
    offline.write(print_program(blocks, loaded.snapshot), snapshot=print_snapshot(loaded.snapshot))
    outcome = offline.preview()
    assert outcome.code == 0, outcome.text
    expected = Counter(key.kind for key in compile_standard(loaded.specs, loaded.snapshot).manifests)
    made = Counter(kind.rsplit(":", 1)[1] for op, kind, _ in outcome.steps if op == "create" and ".istio.io/" in kind)
    assert expected == made
