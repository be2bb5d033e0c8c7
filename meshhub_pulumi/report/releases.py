"""Releases: what each supported release of the mesh treats differently, read off the dialects' tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

from meshhub_pulumi.model.plugin import Dialect
from meshhub_pulumi.model.release import Difference, Release, Releases

REST = "Everything else that is written"
"""Stands for what no row is about: where everything was compared, all releases take it alike."""


def _tables(dialects: Sequence[Dialect]) -> Iterator[tuple[Dialect, Releases]]:
    for dialect in dialects:
        if dialect.releases:
            yield dialect, dialect.releases


def _cell(difference: Difference, release: Release) -> str:
    return "differs" if difference.since <= release else "alike"


def _rows(releases: Releases) -> Iterator[list[str]]:
    for difference in releases.differences:
        yield [difference.title, *(_cell(difference, release) for release in releases.supported)]
    if releases.complete:
        yield [REST, *("alike" for _ in releases.supported)]


def print_release_tables(dialects: Sequence[Dialect]) -> Iterator[Table]:
    """A table for each dialect that knows its releases, for a terminal."""
    for dialect, releases in _tables(dialects):
        table = Table(dialect.title, *map(str, releases.supported), box=None, pad_edge=False)
        for row in _rows(releases):
            table.add_row(*row)
        yield table


def print_releases_markdown(dialects: Sequence[Dialect]) -> str:
    """The same for documents, and below each table what differs and which change says so."""
    text = ""
    for dialect, releases in _tables(dialects):
        head = [dialect.title, *map(str, releases.supported)]
        lines = [head, ["---"] * len(head), *_rows(releases)]
        text += "".join(f"| {' | '.join(line)} |\n" for line in lines)
        for x in releases.differences:
            text += f"\n{x.title}, from {x.since} on: {x.effect}. {x.advice} Source: {x.source}.\n"
    return text


def releases_json(dialects: Sequence[Dialect]) -> dict[str, Any]:
    """`{"<dialect>": {"supported": [release, ...], "differences": [{"title", "since", "effect", ...}, ...]}}`."""
    return {
        dialect.name: {
            "supported": [str(release) for release in releases.supported],
            "differences": [
                {
                    "title": x.title,
                    "kind": x.kind,
                    "since": str(x.since),
                    "effect": x.effect,
                    "advice": x.advice,
                    "source": x.source,
                }
                for x in releases.differences
            ],
        }
        for dialect, releases in _tables(dialects)
    }
