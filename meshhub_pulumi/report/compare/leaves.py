"""Leaves: trees of settings become paths and texts, equal where the mesh would do the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.units import milliseconds
from meshhub_pulumi.report.compare.effect import Change

_DURATIONS = frozenset(
    {
        "timeout", "perTryTimeout", "connectTimeout", "idleTimeout", "maxConnectionDuration", "fixedDelay",
        "exponentialDelay", "maxAge", "interval", "baseEjectionTime", "time", "ttl",
    }
)  # fmt: skip
"""Fields of Istio's that hold a length of time."""

_ORDERED = ("failoverPriority",)


def leaves_of(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf below a tree with its path; an empty mapping in it is a leaf, since it may mean something."""
    if isinstance(tree, Mapping) and (tree or not path):
        for name, value in tree.items():
            yield from leaves_of(value, f"{path}.{name}" if path else str(name))
    else:
        yield path, text_of(tree, path)


def text_of(value: Any, path: str = "") -> str:
    """A leaf as text; the elements of a list are sorted, unless it is one of the few of Istio's that have an order."""
    if is_late(value):
        return repr(value)
    if isinstance(value, str):
        return _length(value) if _is_duration(path) else value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.10g}"
    if isinstance(value, Sequence):
        texts = list(map(text_of, value))
        return ", ".join(texts if path.endswith(_ORDERED) else sorted(texts)) or "[]"
    return json.dumps(value, sort_keys=True, default=repr)


def _is_duration(path: str) -> bool:
    return path.rpartition(".")[2] in _DURATIONS and not path.startswith("headers.")


def _length(text: str) -> str:
    try:
        length = milliseconds(text)
    except ValueError:
        return text
    return f"{length / 1_000:g}s" if length >= 1_000 else f"{length:g}ms"


def labels_text(labels: Mapping[str, str]) -> str:
    """Labels as `key=value`, in order."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """The settings that differ, in order of their names."""
    names = sorted(before.keys() | after.keys())
    return tuple(
        Change(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Settings of several objects as one: where they differ, a setting has all their values."""
    found: dict[str, set[str]] = {}
    for name, value in pairs:
        found.setdefault(name, set()).add(value)
    return {name: ", ".join(sorted(values)) for name, values in found.items()}


def without(tree: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    """A tree without some of its fields."""
    return {name: value for name, value in tree.items() if name not in fields}
