"""Faults: what pydantic says of a document becomes paths and sentences in the words of YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from meshhub_pulumi.model.error import Problem
from meshhub_pulumi.model.nearest import nearest
from meshhub_pulumi.model.path import format_path
from meshhub_pulumi.model.schema import MeshModel, problems_of

_TOLD = 100
"""How many faults of one object are told: whoever made more did not make them one by one."""

_SUGGESTED = re.compile(r"(?<=did you mean )\w+")


def problems(error: ValidationError, model: type[MeshModel]) -> Iterator[Problem]:
    """The faults of a document's content, each once, with its path as the model spells it; after many, their number."""
    details = error.errors(include_url=False)
    found: dict[Problem, None] = {}
    for detail, problem in zip(details, problems_of(error, model, most=_TOLD), strict=False):
        path = format_path(step for step in detail["loc"] if not _is_tag(step))
        found[Problem(path, _reason(detail, problem.reason))] = None
    if len(details) > _TOLD:
        found[Problem("", f"has {len(details) - _TOLD} more faults")] = None
    return iter(found)


def _is_tag(step: str | int) -> bool:
    """Whether a step is pydantic's name for one side of a union, or its mark of a key."""
    return isinstance(step, str) and (step == "[key]" or step.startswith(("literal[", "function-", "list[", "<")))


def _reason(detail: Any, otherwise: str) -> str:
    value = detail["input"]
    if detail["type"] == "string_type" and isinstance(value, bool | int | float | date):
        return "must be text: write it in quotes as it stands"  # 1.30 has been read as 1.3 here
    if detail["type"] == "string_type":
        return "must be text"
    # documents are spelled in camelCase only
    return _SUGGESTED.sub(lambda found: to_camel(found.group()), otherwise)


def unknown_field(name: str, known: Iterable[str]) -> str:
    """The reason why a field is refused, with the names that it comes close to."""
    near = nearest(name, known)
    return f"unknown field; did you mean {' or '.join(near)}?" if near else "unknown field"
