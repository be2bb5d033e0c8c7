"""Every field that YAML can give, of every kind and of the snapshot, has cases: one that shows what it does in each
mode, and one with a value that it does not take.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel
from test_cases import CASES, MODES

from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.finding import errors_in
from meshhub_pulumi.model.snapshot import SNAPSHOT, MeshSnapshot
from meshhub_pulumi.model.spec import API
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.report.yaml_text import print_manifest
from meshhub_pulumi.standard import compile_standard

ROOTS: dict[str, type[BaseModel]] = {**{name: kind.args for name, kind in KINDS.items()}, SNAPSHOT: MeshSnapshot}

NOT_IN_YAML = {
    **{f"{kind}.{name}": "stands in the metadata" for kind in KINDS for name in ("name", "namespace")},
    **{f"VirtualMesh.{name}": "is a program's" for name in ("snapshot", "policies", "clusters.provider")},
}
ONLY_WRONG = (
    *(".destinations.port", ".destinations.subset", ".backingServices.subset"),
    *(".eastWestGateways.gateways.port", ".eastWestGateways.gateways.subset"),
)
"""How a selector's parts of a service end, which are refused because it means a whole one."""

NO_EFFECT = {
    "MeshSnapshot.clusters.network": (set(MODES), "is recorded only"),
    "TrafficPolicy.priority": ({"smh-0.8"}, "the first policy by name wins, and the other is told"),
    "VirtualMesh.clusters.network": (set(MODES), "is recorded only"),
    "VirtualMesh.compat": ({"gateway-api", "smh-0.8"}, "the mode that is asked for goes before it"),
    "VirtualMesh.propagation": (set(MODES), "is about the deployment, not about what is deployed"),
}
FACTS = ("MeshSnapshot.", "VirtualMesh.clusters.")
"""What is said of clusters asks for nothing: a mode without a use for it passes it over."""


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field may hold."""
    if get_origin(annotation) is None and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def fields(model: type[BaseModel], at: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Every field below a model: its path, and the names of the model and the field."""
    for name, info in model.model_fields.items():
        if (path := f"{at}.{info.alias}") not in NOT_IN_YAML:
            yield path, (model.__name__, name)
            for below in models_in(info.annotation):
                yield from fields(below, path)


FIELDS = dict(found for root, args in ROOTS.items() for found in fields(args, root))
Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Spot:
    """Where a case writes a field: the document, and the steps in it."""

    case: Path
    document: int
    steps: Steps

    def without(self) -> list[Any]:
        """The case's documents without the field."""
        changed = deepcopy(documents(self.case))
        at = changed[self.document]
        for step in self.steps[:-1]:
            at = at[step]
        del at[self.steps[-1]]
        return changed


@cache
def documents(case: Path) -> list[Any]:
    """What a case's mesh.yaml holds."""
    return list(yaml.load_all((case / "mesh.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


def written(value: Any, path: str, steps: Steps) -> Iterator[tuple[str, Steps]]:
    """Every path of a document's content, lists left out; the name of a snapshot's cluster is no part of one."""
    for key, below in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        inside = path if isinstance(key, int) or steps == ("clusters",) else f"{path}.{key}"
        if inside != path:
            yield inside, (*steps, key)
        yield from written(below, inside, (*steps, key))


def spots() -> dict[str, list[Spot]]:
    """Where each path is written."""
    found: dict[str, list[Spot]] = {}
    for case in sorted(path.parent for path in CASES.glob("*/*/mesh.yaml")):
        for index, document in enumerate(documents(case)):
            if document["apiVersion"] == API:
                kind, top = document["kind"], "clusters" if document["kind"] == SNAPSHOT else "spec"
                start = f"{kind}.clusters" if kind == SNAPSHOT else kind
                for path, steps in [(start, (top,)), *written(document.get(top), start, (top,))]:
                    found.setdefault(path, []).append(Spot(case, index, steps))
    return found


SPOTS = spots()
Told = tuple[str, str, str, str]


class Reader:
    """What documents compile to in each mode: findings, without their lines, and manifests where none is an error."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def outcomes(self, documents: list[Any]) -> dict[str, tuple[frozenset[Told], str]]:
        """By mode."""
        self.file.write_text(yaml.dump_all(documents, Dumper=yaml.CSafeDumper), encoding="utf-8")
        loaded = read([str(self.file)])
        made = {}
        for mode, dialect in MODES.items():
            compiled = compile_standard(loaded.specs, loaded.snapshot, dialect)
            found = [*loaded.findings, *compiled.findings]
            told = frozenset((x.code, x.where.object, x.where.path, x.message) for x in found)
            bodies = () if errors_in(found) else [print_manifest(x.body) for x in compiled.manifests.values()]
            made[mode] = told, "".join(bodies)
        return made


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader with a file of its own."""
    return Reader(tmp_path_factory.mktemp("fields") / "mesh.yaml")


@cache
def as_it_is(reader: Reader, case: Path) -> dict[str, tuple[frozenset[Told], str]]:
    """What a case compiles to."""
    return reader.outcomes(documents(case))


@cache
def is_wrong(case: Path) -> bool:
    """Whether a case holds values that no field takes."""
    return "MH100" in (case / "findings.txt").read_text(encoding="utf-8")


def refused(told: frozenset[Told], spot: Spot) -> bool:
    """Whether a mode says that it has no form for the field, or for what it is a part of."""
    document = documents(spot.case)[spot.document]
    metadata = document.get("metadata", {})
    title = f"{document['kind']} {metadata.get('namespace', 'default')}/{metadata.get('name')}"
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in spot.steps).removeprefix(".")
    places = [place for code, who, place, _ in told if (code, who) == ("MH301", title)]
    return any(path == place or path.startswith((f"{place}.", f"{place}[")) for place in places)


def test_every_field_is_written() -> None:
    """No field is without a case, and no exception without a field."""
    assert FIELDS.keys() - SPOTS.keys() == set()
    assert NO_EFFECT.keys() <= FIELDS.keys()


@pytest.mark.parametrize("path", [path for path in FIELDS if not path.endswith(ONLY_WRONG)])
def test_every_field_does_something(path: str, reader: Reader) -> None:
    """In every mode some case comes out otherwise without the field, or the mode says that it has no form for it."""
    silent = {"default"} if path.startswith(FACTS) else set(MODES)
    silent -= NO_EFFECT.get(path, (set(),))[0]
    for spot in SPOTS[path] if silent else ():
        if not is_wrong(spot.case):
            before, after = as_it_is(reader, spot.case), reader.outcomes(spot.without())
            silent = {mode for mode in silent if before[mode] == after[mode] and not refused(before[mode][0], spot)}
        if not silent:
            return
    assert silent == set()


_FOUND = re.compile(r"^error MH100 (?:(\w+) \S+|MeshSnapshot): (\S+)(?: \(|:)", re.MULTILINE)


def told_wrong() -> set[tuple[str, str]]:
    """Each model's fields of which some case holds a value that is refused at its place."""
    found = set()
    for file in CASES.glob("*/*/findings.txt"):
        for kind, path in _FOUND.findall(file.read_text(encoding="utf-8")):
            at: list[type[BaseModel]] = [ROOTS[kind or SNAPSHOT]]
            for step in re.findall(r"\w+", path):
                known = [
                    (model, x, info) for model in at for x, info in model.model_fields.items() if info.alias == step
                ]
                # a step that is no field is the word `spec`, a number, or a name that the user gave
                found |= {(model.__name__, name) for model, name, _ in known}
                at = [below for _, _, info in known for below in models_in(info.annotation)] or at
    return found


def test_every_field_has_a_wrong_value() -> None:
    """Of each field some case holds a value that it does not take."""
    assert {".".join(owner) for owner in set(FIELDS.values()) - told_wrong()} == set()
