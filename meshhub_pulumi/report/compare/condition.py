"""Conditions: which requests a route takes, as a set of constraints that can be compared.

Of two conditions one may cover the other, they may exclude each other, or share some requests; regular expressions
are compared by their text only, so that what cannot be told counts as shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meshhub_pulumi.model.http_match import UNNOTICED
from meshhub_pulumi.report.compare.leaves import leaves_of

_TEXTS = ("uri", "scheme", "method", "authority")
_NAMED = {"headers": "header", "withoutHeaders": "without header", "queryParams": "query parameter"}
_FORMS = ("exact", "prefix", "below", "regex")


@dataclass(frozen=True, slots=True, order=True)
class Constraint:
    """One thing that a request must have."""

    field: str
    form: str
    value: str = ""

    def __str__(self) -> str:
        form = "" if self.field == "port" else self.form
        return " ".join(part for part in (self.field, form, self.value) if part)

    def implies(self, other: Constraint) -> bool:
        """Whether every request that has this has the other."""
        if self == other or (self.field == other.field and other.form == "present"):
            return self == other or not self.field.startswith("without")
        return self.field == other.field and other._begins(self)

    def excludes(self, other: Constraint) -> bool:
        """Whether no request has both."""
        if f"without {self.field}" == other.field or f"without {other.field}" == self.field:
            return (self.form, self.value) == (other.form, other.value)
        if self.field != other.field or self.field.startswith("without"):
            return False
        if {self.form, other.form} <= {"exact", "is"}:
            return self.value != other.value
        if {self.form, other.form} <= {"exact", "prefix", "below"}:
            return not (self.value.startswith(other.value) or other.value.startswith(self.value))
        return False

    def _begins(self, other: Constraint) -> bool:
        """Whether it is the beginning of another text."""
        if other.form not in ("exact", "prefix", "below"):
            return False
        if self.form == "below":
            inside = other.value.startswith(f"{self.value.rstrip('/')}/")
            return inside or (other.form != "prefix" and other.value == self.value)
        return self.form == "prefix" and other.value.startswith(self.value)


_EVERY_PATH = (Constraint("path", "prefix", "/"), Constraint("path", "present"))


Condition = frozenset[Constraint]
"""All of these; empty for every request."""


def conditions_of(route: Mapping[str, Any]) -> list[Condition]:
    """The conditions of a route, of which one is enough."""
    return [frozenset(_constraints(match)) for match in route.get("match") or [{}]]


def _constraints(match: Mapping[str, Any]) -> Iterator[Constraint]:
    caseless = " in any case" if match.get("ignoreUriCase") else ""
    for name, said in match.items():
        if name in _TEXTS:
            field = "path" if name == "uri" else name
            found = _text(field, said)
            if found not in _EVERY_PATH:
                yield Constraint(found.field, f"{found.form}{caseless if name == 'uri' else ''}", found.value)
        elif name in _NAMED:
            yield from (_text(f"{_NAMED[name]} {key}", value) for key, value in said.items())
        elif name == "sourceLabels":
            yield from (Constraint(f"caller label {key}", "is", value) for key, value in said.items())
        elif name == "sourceNamespace":
            yield Constraint("caller namespace", "is", said)
        elif name not in (*UNNOTICED, "ignoreUriCase"):
            yield from (Constraint(path, "is", value) for path, value in leaves_of(said, name))


def _text(field: str, said: Mapping[str, str]) -> Constraint:
    form = next((form for form in (*_FORMS, *said) if form in said), None)
    if form is None or (form, said[form]) == ("regex", ".*"):
        return Constraint(field, "present")
    return Constraint(field, form, said[form])


def port_of(condition: Condition) -> int | None:
    """The port that requests come for, where the condition says."""
    return next((int(x.value) for x in condition if x.field == "port"), None)


def callers_of(condition: Condition) -> Condition:
    """What it says of callers; empty where it takes those of any."""
    return frozenset(x for x in condition if x.field.startswith("caller "))


def covers(wide: Condition, narrow: Condition) -> bool:
    """Whether every request of one condition is one of the other."""
    return all(any(has.implies(asked) for has in narrow) for asked in wide)


def overlap(one: Condition, other: Condition) -> bool:
    """Whether some request may be one of both."""
    return not any(a.excludes(b) for a in one for b in other)


def words(condition: Condition) -> tuple[str, ...]:
    """The constraints in words, in order."""
    return tuple(map(str, sorted(condition)))
