"""Features: which kinds carry what, and which dialects can express it, read off the code itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from meshhub_pulumi.model.plugin import Dialect, Feature, Kind
from meshhub_pulumi.report.releases import releases_json


@dataclass(frozen=True, slots=True)
class Support:
    """A feature of a kind, and by dialect the hooks at which it is rendered (none: it is not expressible there)."""

    kind: str
    feature: str
    title: str
    hooks: Mapping[str, tuple[str, ...]]


DERIVED = "(any)"
"""Stands where a kind's name would: what no kind carries by itself, because what others ask for makes it necessary."""


def support(kinds: Iterable[Kind], features: Mapping[str, Feature], dialects: Sequence[Dialect]) -> list[Support]:
    """A row for every feature that a kind carries, then one for every other feature, in order of their names."""
    carried = [
        (kind.name, name) for kind in sorted(kinds, key=_name) for name in sorted(kind.carries) if name in features
    ]
    derived = [(DERIVED, name) for name in sorted(features.keys() - {name for _, name in carried})]
    return [
        Support(kind, name, features[name].title, {x.name: _hooks(features[name], x) for x in dialects})
        for kind, name in [*carried, *derived]
    ]


def _name(kind: Kind) -> str:
    return kind.name


def _hooks(feature: Feature, dialect: Dialect) -> tuple[str, ...]:
    return tuple(hook.name for hook in dialect.hooks if hook in feature.render)


def print_table(rows: Sequence[Support], dialects: Sequence[Dialect]) -> Table:
    """The rows for a terminal."""
    table = Table("Kind", "Feature", *(dialect.title for dialect in dialects), box=None, pad_edge=False)
    for before, row in zip([None, *rows], rows, strict=False):
        kind = "" if before and before.kind == row.kind else row.kind
        table.add_row(kind, row.title, *("yes" if row.hooks[dialect.name] else "no" for dialect in dialects))
    return table


def print_markdown(rows: Sequence[Support], dialects: Sequence[Dialect]) -> str:
    """The rows as a table for documents, with the hooks."""
    head = ["Kind", "Feature", *(dialect.title for dialect in dialects)]
    lines = [head, ["---"] * len(head)]
    lines += [[row.kind, row.title, *(_cell(row.hooks[dialect.name]) for dialect in dialects)] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(hooks: tuple[str, ...]) -> str:
    return ", ".join(f"`{hook}`" for hook in hooks) or "no"


def print_features_json(rows: Sequence[Support], dialects: Sequence[Dialect]) -> str:
    """`{"features": [{"kind", "feature", "title", "dialects": {"<dialect>": [hook, ...]}}, ...], "releases": ...}`."""
    objects = [
        {
            "kind": row.kind,
            "feature": row.feature,
            "title": row.title,
            "dialects": {name: list(hooks) for name, hooks in row.hooks.items()},
        }
        for row in rows
    ]
    return json.dumps({"features": objects, "releases": releases_json(dialects)}, indent=2) + "\n"
