"""What holds for the conversion of every mesh: both forms are the same specs again."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from any_mesh import meshes
from hypothesis import given, settings

import meshhub_pulumi
from meshhub_pulumi.cli.blocks import blocks_of
from meshhub_pulumi.cli.convertible import each_once
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.report.asked import asked_args
from meshhub_pulumi.report.own_yaml import own_files
from meshhub_pulumi.report.python_args import expression
from meshhub_pulumi.report.python_code import print_expression

PUBLIC = {name: getattr(meshhub_pulumi, name) for name in meshhub_pulumi.__all__}


def same(one: Any, other: Any) -> bool:
    """Whether two models are equal, and were asked for alike: some values mean more if they are asked for."""
    return bool(one == other and asked_args(one).keys() == asked_args(other).keys())


@settings(max_examples=60)
@given(meshes)
def test_own_yaml_is_the_same_mesh(given: tuple[list[Spec], MeshSnapshot]) -> None:
    """Specs and snapshot that were written as files are read as they were, without findings."""
    specs, snapshot = each_once(given[0])[0], given[1]
    with TemporaryDirectory() as folder:
        for name, content in own_files(specs, snapshot).items():
            Path(folder, name).write_bytes(content)
        again = read([folder])
    assert () == again.findings
    assert snapshot == again.snapshot
    written = {spec.key: spec.args for spec in again.specs}
    assert written.keys() == {spec.key for spec in specs}
    assert all(same(spec.args, written[spec.key]) for spec in specs)


@given(meshes)
def test_python_is_the_same_mesh(given: tuple[list[Spec], MeshSnapshot]) -> None:
    """The arguments of every spec, written as Python with the public names, are the same arguments."""
    for spec in given[0]:
        code = print_expression(expression(spec.args), indent=4, used=40)
        assert same(spec.args, eval(code, {**PUBLIC, "provider": lambda _name: None}))


@settings(max_examples=60)
@given(meshes)
def test_every_policy_has_one_block(given: tuple[list[Spec], MeshSnapshot]) -> None:
    """No spec is lost on the way into a program, and none stands there twice; every mesh is a block."""
    specs, snapshot = each_once(given[0])[0], given[1]
    blocks, _ = blocks_of(specs, snapshot)
    placed = [spec.key for block in blocks for spec in (block.mesh, *block.policies)]
    assert len(set(placed)) == len(placed)
    assert {spec.key for spec in specs} <= set(placed)
