"""Answers for people: what was expected, what came, and how well."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from lab.mesh.answers import Answers


def answers_table(title: str, answers: Answers, expected: Mapping[str, float] | None = None) -> Table:
    """A line for each `version@cluster`, then one for what failed; `expected` are weights, as for the shares.

    Latency is of the requests that the line counts.
    """
    table = Table(title=title, title_justify="left", show_footer=True)
    table.add_column("answered by", footer="all")
    table.add_column("expected", justify="right")
    table.add_column("observed", justify="right")
    table.add_column("requests", justify="right", footer=str(len(answers)))
    table.add_column("p50", justify="right", footer=_milliseconds(answers.latency.p50))
    table.add_column("p99", justify="right", footer=_milliseconds(answers.latency.p99))
    table.add_column("max", justify="right", footer=_milliseconds(answers.latency.most))
    counts, weights = answers.counts, expected or {}
    for where in dict.fromkeys([*weights, *(where for where, _ in counts.most_common())]):
        latency = answers.of(where).latency
        table.add_row(
            where,
            f"{weights.get(where, 0) / sum(weights.values()):.1%}" if weights else "",
            f"{counts[where] / counts.total():.1%}" if counts else "",
            str(counts[where]),
            *(_milliseconds(value) if counts[where] else "" for value in (latency.p50, latency.p99, latency.most)),
        )
    for reason, count in answers.reasons.most_common():
        table.add_row(Text(f"failed: {reason}", style="red"), "", "", str(count))
    return table


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
