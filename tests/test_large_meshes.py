"""Large meshes, as bench/ makes them up: the same bytes in any order, small changes, work in proportion."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from effort import calls
from make import mesh, snapshot, traffic

from bench.render_input import POLICIES, SNAPSHOT, Size, write
from meshhub_pulumi.engine.compile import Compiled
from meshhub_pulumi.model.manifest import Conventions, Manifests
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.readers.loaded import Loaded
from meshhub_pulumi.report.tree import print_tree
from meshhub_pulumi.report.yaml_text import print_yaml
from meshhub_pulumi.rules import hidden_routes
from meshhub_pulumi.standard import compile_standard

SIZE = Size(clusters=4, services=80, policies=20)
MODES = [None, "smh-0.8"]
GROWTH = 1.05
"""Twice the mesh may be that much more than twice the work."""


def loaded(size: Size, folder: Path) -> Loaded:
    """A mesh of that size, written and read."""
    write(size, folder)
    return read([str(folder / POLICIES)], str(folder / SNAPSHOT))


def tree(found: Loaded, compat: str | None = None) -> dict[str, bytes]:
    """Its files."""
    return print_tree(compile_standard(found.specs, found.snapshot, compat).manifests)


def shuffled(value: Any, random: Random) -> Any:
    """A value with the keys of all mappings in another order."""
    if isinstance(value, dict):
        return {key: shuffled(item, random) for key, item in random.sample(list(value.items()), len(value))}
    return [shuffled(item, random) for item in value] if isinstance(value, list) else value


def test_a_made_up_mesh_is_in_order(tmp_path: Path) -> None:
    """Nothing is found wrong with what the measurements are taken on, and every kind of object comes of it."""
    found = loaded(SIZE, tmp_path / "mesh")
    made = compile_standard(found.specs, found.snapshot)
    assert [] == [*found.findings, *made.findings]
    assert {"AuthorizationPolicy", "DestinationRule", "Gateway", "ServiceEntry", "VirtualService"} == {
        key.kind for key in made.manifests
    }


@pytest.mark.parametrize("compat", MODES)
@pytest.mark.parametrize("seed", range(2))
def test_order_never_shows_in_bytes(compat: str | None, seed: int, tmp_path: Path) -> None:
    """Documents in another order, in other files, with other orders of their keys, are rendered to the same bytes."""
    expected = tree(loaded(SIZE, tmp_path / "one"), compat)
    random = Random(seed)
    documents = [
        shuffled(document, random)
        for file in sorted((tmp_path / "one").rglob("*.yaml"))
        for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    ]
    random.shuffle(documents)
    (tmp_path / "other").mkdir()
    for number in range(4):
        text = yaml.safe_dump_all(documents[number::4], sort_keys=False)
        (tmp_path / "other" / f"{number}.yaml").write_text(text, encoding="utf-8")
    assert expected == tree(read([str(tmp_path / "other")]), compat)


def test_one_change_leaves_all_other_files_alone(tmp_path: Path) -> None:
    """A timeout that changes is in the one file whose route has it; one that is new, in the file of its service."""
    before = tree(loaded(SIZE, tmp_path / "one"))
    write(SIZE, tmp_path / "other")
    file = tmp_path / "other" / POLICIES / "team-0000.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("timeout: 5s", "timeout: 7s", 1), encoding="utf-8")
    after = tree(read([str(tmp_path / "other" / POLICIES)], str(tmp_path / "other" / SNAPSHOT)))
    assert before.keys() == after.keys()
    assert ["cluster-000/virtualservice-team-0000-service-00000.yaml"] == [
        path for path in before if before[path] != after[path]
    ]


def test_compiling_after_a_compile_gives_the_same(tmp_path: Path) -> None:
    """What a compile takes over from the one before is no other than what it would find itself."""
    found = loaded(SIZE, tmp_path / "mesh")
    fewer = [spec for spec in found.specs if spec.name != "policy-00001"]
    alone = compile_standard(fewer, found.snapshot)
    before = compile_standard(found.specs, found.snapshot)
    after = compile_standard(fewer, found.snapshot, before=before)
    assert after.view.fleet is before.view.fleet
    assert print_yaml(alone.manifests) == print_yaml(after.manifests) != print_yaml(before.manifests)
    other = found.snapshot.model_copy()
    assert compile_standard(fewer, other, before=before).view.fleet is not before.view.fleet


def test_owners_are_those_of_the_documents_read_last(tmp_path: Path) -> None:
    """A document that moved down its file says the same at other lines, and findings are to name those."""
    one = loaded(SIZE, tmp_path / "mesh")
    before = compile_standard(one.specs, one.snapshot)
    for file in (tmp_path / "mesh" / POLICIES).iterdir():
        file.write_text(f"# moved down\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    moved = read([str(tmp_path / "mesh" / POLICIES)], str(tmp_path / "mesh" / SNAPSHOT)).specs
    alone, after = compile_standard(moved, one.snapshot), compile_standard(moved, one.snapshot, before=before)
    assert lines(alone) == lines(after) != lines(before)


def lines(made: Compiled) -> list[tuple[str, str]]:
    """Where every leaf of every object was asked for."""
    return [
        (path, str(owner.where()))
        for manifest in made.manifests.values()
        for path, owners in manifest.owners.items()
        for owner in owners
    ]


def test_work_grows_with_the_mesh(tmp_path: Path) -> None:
    """Twice as many clusters, services and policies are compiled with twice as many calls."""
    once, twice = loaded(SIZE.times(3), tmp_path / "once"), loaded(SIZE.times(6), tmp_path / "twice")
    compile_standard(once.specs, once.snapshot)  # what is looked up once in a process is no part of it
    work = [calls(lambda found=found: compile_standard(found.specs, found.snapshot)) for found in (once, twice)]
    assert work[1] <= 2 * GROWTH * work[0]


def conditions(count: int) -> list[Spec]:
    """So many policies about one service, whose conditions have much in common, and one about all requests."""
    asked = [
        {"prefix": f"/team-{number % 40}", "headers": [{"name": "x-user", "value": f"u{number // 40}"}]}
        for number in range(count)
    ]
    narrow = [traffic(f"a{number:05}", timeout="1s", matches=[match]) for number, match in enumerate(asked)]
    return [mesh(), traffic("all", retries={"attempts": 2}), *narrow]


def test_work_grows_with_the_conditions_of_a_host() -> None:
    """Twice as many conditions are reviewed with twice as many calls, and nothing is lost."""
    made = [compile_standard(conditions(count), snapshot()) for count in (400, 800)]
    assert [400, 800] == [sum(finding.code == "MH205" for finding in one.findings) for one in made]
    seen = [Manifests(one.manifests, dict.fromkeys(one.view.fleet.clusters, Conventions())) for one in made]
    work = [calls(lambda one=one: list(hidden_routes.RULE.check(one))) for one in seen]
    assert work[1] <= 2 * GROWTH * work[0]
