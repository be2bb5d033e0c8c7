"""Convertible: what cannot be said in the other form is a finding at the line of whoever said it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from meshhub_pulumi.model.error import MeshError
from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.spec import Spec, given_twice
from meshhub_pulumi.readers.header import Metadata
from meshhub_pulumi.readers.place import below
from meshhub_pulumi.report.asked import asked_args
from meshhub_pulumi.report.own_yaml import as_written


def each_once(specs: Sequence[Spec]) -> tuple[list[Spec], list[Finding]]:
    """The specs as they were written, without those that share a key with an earlier one, which are findings."""
    first: dict[tuple[str, str, str], Spec] = {}
    findings = []
    for spec in sorted(specs, key=as_written):
        if first.setdefault(spec.key, spec) is not spec:
            findings.append(given_twice(spec, first[spec.key]))
    return list(first.values()), findings


def late_values(specs: Sequence[Spec]) -> Iterator[Finding]:
    """Values that only a deployment knows: neither a document nor another program can hold them."""
    for spec in specs:
        for path in _late_paths(asked_args(spec.args), ""):
            yield finding("MH150", "it is known only when the program is deployed", spec.owner.at(path))


def unfit_names(specs: Sequence[Spec]) -> Iterator[Finding]:
    """Names of a program that the metadata of a document cannot hold."""
    for spec in specs:
        try:
            Metadata(name=spec.name)
        except MeshError:
            yield finding("MH151", f"{spec.name[:80]!r} cannot be the name of an object", spec.owner)


def _late_paths(value: Any, path: str) -> Iterator[str]:
    match value:
        case MeshModel():
            for name in type(value).model_fields:
                yield from _late_paths(getattr(value, name), below(path, name))
        case Mapping():
            for name, item in value.items():
                yield from _late_paths(item, below(path, name))
        case list() | tuple():
            for index, item in enumerate(value):
                yield from _late_paths(item, f"{path}[{index}]")
        case _ if is_late(value):
            yield path
