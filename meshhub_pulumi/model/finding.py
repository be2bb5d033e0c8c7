"""Findings: problems as data, with a code, a place, a sentence and advice; and the places they point at."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any


class Level(StrEnum):
    """How much a finding matters; an error stops the compile from being used."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, eq=False)
class Origin:
    """Where a spec was written: turns the model's paths into the user's spelling and lines."""

    file: str | None = None
    spell: Callable[[str], str] = str
    line_of: Callable[[str], int | None] = field(default=lambda _path: None)


@dataclass(frozen=True, slots=True)
class Where:
    """One place in what the user wrote; `path` is in the user's own spelling."""

    object: str
    path: str = ""
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.object}: {self.path}" if self.path else self.object
        return f"{place} ({self.file}:{self.line})" if self.file and self.line else place

    def holds(self, other: Where) -> bool:
        """Whether another place is this one or below it."""
        below = other.path == self.path or other.path.startswith((f"{self.path}.", f"{self.path}["))
        return (other.object, other.file) == (self.object, self.file) and below

    def as_json(self) -> dict[str, Any]:
        """The form of the `render --format json` contract."""
        return {"object": self.object, "path": self.path, "file": self.file, "line": self.line}


@dataclass(frozen=True, slots=True)
class Owner:
    """The spec, and the path in it, that asked for something; equal owners are the same line of what was read once."""

    object: str
    path: str = ""
    origin: Origin = field(default=Origin(), repr=False)

    def at(self, path: str) -> Owner:
        """The same spec at a path below or beside this one."""
        return Owner(self.object, path, self.origin)

    def where(self) -> Where:
        """This place in the user's spelling, with its line."""
        return Where(self.object, self.origin.spell(self.path), self.origin.file, self.origin.line_of(self.path))


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """What the catalogue says of one code."""

    level: Level
    title: str
    advice: str


@cache
def catalogue() -> Mapping[str, CodeEntry]:
    """Every finding code with its level, title and advice, from catalogue.toml."""
    text = files("meshhub_pulumi.model").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return {code: CodeEntry(Level(x["level"]), x["title"], x["advice"]) for code, x in tomllib.loads(text).items()}


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: what is wrong, where, and what to do about it."""

    code: str
    level: Level
    message: str
    where: Where
    advice: str

    def sentence(self) -> str:
        """One line for people."""
        return f"{self.code} {self.where}: {self.message}. {self.advice}"

    def as_json(self) -> dict[str, Any]:
        """The form of the `render --format json` contract."""
        return {
            "code": self.code,
            "level": str(self.level),
            "message": self.message,
            "where": self.where.as_json(),
            "advice": self.advice,
        }


def finding(code: str, message: str, where: Owner | Where, *, advice: str | None = None) -> Finding:
    """A finding of a catalogued code; `advice` replaces the catalogue's where something better is known."""
    entry = catalogue()[code]
    place = where.where() if isinstance(where, Owner) else where
    return Finding(code, entry.level, message, place, advice or entry.advice)


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    """Those that stop a compile from being used."""
    return [finding for finding in findings if finding.level is Level.ERROR]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once, sorted by place, so that the order of the input never shows."""
    return sorted(
        set(findings),
        key=lambda x: (x.where.file or "", x.where.line or 0, x.where.object, x.where.path, x.code, x.message),
    )


def brief(value: Any) -> str:
    """A value as a message shows it."""
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:157]}..."
