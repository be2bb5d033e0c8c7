"""Paths of arguments: `traffic_shift[1].weight` in Python, `spec.trafficShift[1].weight` in YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic.alias_generators import to_camel

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_FIELD = re.compile(r"(?<![\"\w])[a-z][a-z0-9_]*(?![\"\w])")


def format_path(steps: Iterable[str | int]) -> str:
    """Join steps to a path; steps that are not the user's (`<tag>` of a union, `[key]`) are left out."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.startswith("<") or step == "[key]":
            continue
        elif _IDENTIFIER.match(step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


def camel_path(path: str) -> str:
    """The YAML spelling of a Python path: every field name in camelCase, quoted keys untouched."""
    return _FIELD.sub(lambda found: to_camel(found.group()), path)
