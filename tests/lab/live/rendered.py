"""Policies become the objects to apply to a live mesh."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from meshhub_pulumi.model.finding import Level
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.standard import compile_standard

CHECKOUT = Path(__file__).parents[3]
Objects = dict[str, list[dict[str, Any]]]
"""By the name of the cluster that they are for."""


def rendered(*inputs: Path | str, snapshot: MeshSnapshot | None = None) -> Objects:
    """What `meshhub render` prints for these files, folders or programs; `snapshot` in the place of theirs.

    Fails where something in them is wrong.
    """
    loaded = read([str(each) for each in inputs])
    compiled = compile_standard(loaded.specs, snapshot or loaded.snapshot)
    found = [*loaded.findings, *compiled.findings]
    wrong = [finding for finding in found if finding.level is Level.ERROR]
    assert not wrong, wrong
    objects: Objects = {}
    for key, manifest in compiled.manifests.items():
        objects.setdefault(key.cluster, []).append(dict(manifest.body))
    return objects


def bookinfo() -> Objects:
    """The objects of examples/bookinfo."""
    return rendered(CHECKOUT / "examples/bookinfo")
