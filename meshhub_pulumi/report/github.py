"""GitHub: findings become workflow commands, which annotate the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from meshhub_pulumi.model.finding import Finding, Level, catalogue
from meshhub_pulumi.report.text import visible

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def print_github(findings: Iterable[Finding]) -> str:
    """One workflow command per finding."""
    return "".join(f"{_command(finding)}\n" for finding in findings)


def _command(finding: Finding) -> str:
    where = finding.where
    properties = {
        "file": where.file,
        "line": where.line if where.file else None,
        "title": f"{finding.code} {catalogue()[finding.code].title}",
    }
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    subject = f"{where.object}, {where.path}" if where.path else where.object
    return f"::{_COMMANDS[finding.level]} {given}::{_data(f'{subject}: {finding.message}. {finding.advice}')}"


def _data(text: str) -> str:
    return "%0A".join(map(visible, text.replace("%", "%25").split("\n")))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
