"""Markdown for pull-request comments: texts that cannot break out of their place, tables, and a bounded length.

Whatever a user wrote stands in code: no HTML, no link, no mention is made of it there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meshhub_pulumi.report.text import visible

LARGEST = 60_000
"""Bytes of a comment. GitHub takes 65,536 characters, and whoever posts it may add some."""

_LONGEST = 200
_MOST = 10
_ROOM = 400
"""Bytes that a section's title and head, or the last line, may need."""
_FOLDED_FROM = 16
_PLAIN = re.compile(r"[^\s`|\\]([^`|\\]*[^\s`|\\])?")


def code(text: str) -> str:
    """A text as code, in any place of a document; a long one is cut."""
    shown = visible(text)
    if len(shown) > _LONGEST:
        shown = f"{shown[: _LONGEST - 1]}…"
    if _PLAIN.fullmatch(shown):
        return f"`{shown}`"
    # a bar or a backtick ends a cell or a piece of code even behind a backslash; entities do not
    return f"<code>{''.join(x if x.isalnum() else f'&#{ord(x)};' for x in shown)}</code>"


def lines(cells: Sequence[str]) -> str:
    """Several texts in one cell, one below the other; of many the first."""
    more = [f"and {len(cells) - _MOST} more"] if len(cells) > _MOST else []
    return "<br>".join([*cells[:_MOST], *more])


@dataclass(frozen=True, slots=True)
class Section:
    """A table under a title, folded if that is asked for or it is long; without a head, a list."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    folded: bool = False

    def lines(self) -> list[str]:
        """The rows as they are written; a cell that repeats the one above it among the first stays empty."""
        if not self.head:
            return [f"- {' '.join(row)}" for row in self.rows]
        found = []
        before: Sequence[str] = ()
        for row in self.rows:
            same = next((i for i, (a, b) in enumerate(zip(row, before, strict=False)) if a != b), len(before))
            cells = [*("" for _ in row[: min(same, len(row) - 3)]), *row[min(same, len(row) - 3) :]]
            found.append(_row(cells))
            before = row
        return found


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def document(opening: str, sections: Iterable[Section]) -> str:
    """The opening and every section that has rows, within the largest size; what is left out is counted at the end."""
    kept = [(section, section.lines()) for section in sections if section.rows]
    room = _shares([_size(rows) for _, rows in kept], LARGEST - _size([opening]) - _ROOM * (len(kept) + 1))
    parts, left_out = [opening], []
    for (section, rows), most in zip(kept, room, strict=True):
        fitting = _fitting(rows, most)
        parts.append(_written(section, rows[:fitting]))
        if fitting < len(rows):
            left_out.append(f"{len(rows) - fitting} of {len(rows)} rows of “{section.title}”")
    if left_out:
        parts.append(f"**Left out**, since a comment has a largest size: {', '.join(left_out)}.\n")
    return "\n".join(parts)


def _written(section: Section, rows: Sequence[str]) -> str:
    head = [_row(section.head), _row("---" for _ in section.head)] if section.head else []
    table = "\n".join([*head, *rows])
    if section.folded or len(section.rows) >= _FOLDED_FROM:
        return f"<details>\n<summary>{section.title} ({len(section.rows)})</summary>\n\n{table}\n\n</details>\n"
    return f"### {section.title}\n\n{table}\n"


def _size(rows: Iterable[str]) -> int:
    return sum(len(row.encode()) + 1 for row in rows)


def _shares(sizes: Sequence[int], room: int) -> list[int]:
    """The room of each section: what it needs, or as much as the others that need more."""
    given = [0] * len(sizes)
    for left, index in zip(range(len(sizes), 0, -1), sorted(range(len(sizes)), key=sizes.__getitem__), strict=True):
        given[index] = min(sizes[index], room // left)
        room -= given[index]
    return given


def _fitting(rows: Sequence[str], room: int) -> int:
    for number, row in enumerate(rows):
        room -= _size([row])
        if room < 0:
            return number
    return len(rows)
