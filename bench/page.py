"""Figures become Markdown, and Markdown becomes a section of docs/performance.md.

<!-- live change -->
everything between the two lines is written by `python -m bench live --part change`
<!-- /live change -->
"""

from __future__ import annotations

import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lab.errors import LabError

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column says what a row is about."""
    head, *lines = ["".join(f"| {cell} " if cell else "| " for cell in line) + "|" for line in (titles, *rows)]
    return "\n".join([head, "|---" * len(titles) + "|", *lines])


def middle_and_worst(values: Sequence[float], form: Callable[[float], str]) -> str:
    """The median, and in parentheses the largest."""
    return f"{form(statistics.median(values))} ({form(max(values))})"


def signed(measure: Callable[[], str]) -> str:
    """What the measurement says, on what machine it was taken, and how quiet that was."""
    busy = _busy(1.0)
    text = measure()
    machine = f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"
    return f"{text}\n\nTaken on {machine}, of which other programs used {busy:.0%} in the second before."


def _busy(seconds: float) -> float:
    """The part of all cores' time that is used."""
    begun, idle = time.monotonic(), _idle()
    time.sleep(seconds)
    return max(0.0, 1 - (_idle() - idle) / (time.monotonic() - begun) / (os.cpu_count() or 1))


def _idle() -> float:
    """Seconds for which cores have had nothing to do since the machine started, all of them together."""
    return float(Path("/proc/uptime").read_text().split()[1])


def write(name: str, text: str) -> None:
    """Put the text into the section of that name; LabError where the page has no such section."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    section = re.compile(f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})", re.DOTALL)
    if len(section.findall(page)) != 1:
        raise LabError(f"{PAGE} has no section from {begin} to {end}", advice="Add the two lines, each on its own.")
    PAGE.write_text(section.sub(lambda _: f"\n{text}\n\n", page), encoding="utf-8")
