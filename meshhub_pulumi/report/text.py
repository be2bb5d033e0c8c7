"""Text: findings for people, one paragraph each; a terminal shows the levels in colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from meshhub_pulumi.model.finding import Finding, Level, Where

_STYLES = {Level.ERROR: "bold red", Level.WARNING: "bold yellow", Level.NOTE: "bold cyan"}


def print_findings(findings: Sequence[Finding]) -> Text:
    """Every finding with its place, level, code, message and advice, and a last line that counts them."""
    text = Text()
    for finding in findings:
        place = _place(finding.where)
        text.append(f"{place}: " if place else "", "bold")
        text.append(str(finding.level), _STYLES[finding.level]).append(f" {finding.code}: ")
        text.append(f"{visible(_subject(finding.where))}: {visible(finding.message)}\n")
        text.append(f"    {visible(finding.advice)}\n", "dim")
    return text.append(f"{count(findings)}\n", "bold")


def count(findings: Sequence[Finding]) -> str:
    """How many findings of each level there are, in words."""
    numbers = Counter(finding.level for finding in findings)
    parts = [f"{number} {level}{'s' if number > 1 else ''}" for level in Level if (number := numbers[level])]
    return ", ".join(parts) or "no findings"


def _place(where: Where) -> str:
    if where.file is None:
        return ""
    return visible(f"{where.file}:{where.line}" if where.line else where.file)


def _subject(where: Where) -> str:
    return f"{where.object}, {where.path}" if where.path else where.object


def visible(text: str) -> str:
    """The text with everything that a terminal would act on made visible."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
