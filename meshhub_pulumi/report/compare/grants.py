"""Grants: the rules of an AuthorizationPolicy become single permissions that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from meshhub_pulumi.report.compare.leaves import leaves_of, text_of, without

ANYBODY = "anybody"
_MOST = 1_000
"""Combinations of methods, paths and ports that are compared one by one; more are compared as one."""
_PRINCIPAL, _NAMESPACE = "identity ", "namespace "
_NAMESPACES = re.compile(r"(?=/ns/([^/]+)/)")
"""The namespace in an identity."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One caller may send one method to one path and port; empty parts are any, `more` are further conditions."""

    caller: str
    method: str = ""
    path: str = ""
    port: str = ""
    more: str = ""

    def __str__(self) -> str:
        path = f"path {self.path}" if self.path and not self.method else self.path
        asked = " ".join(part for part in (self.method, path, self.port and f"port {self.port}", self.more) if part)
        return f"{self.caller}: {asked}" if asked else self.caller

    def covers(self, other: Grant) -> bool:
        """Whether it permits all that the other one does."""
        return (
            _caller_covers(self.caller, other.caller)
            and self.more in ("", other.more)
            and all(
                not mine or _fits(mine, theirs)
                for mine, theirs in ((self.method, other.method), (self.path, other.path), (self.port, other.port))
            )
        )


EVERYTHING = Grant(ANYBODY)


def _caller_covers(wide: str, narrow: str) -> bool:
    if wide in (ANYBODY, narrow):
        return True
    if wide.startswith(_NAMESPACE) and narrow.startswith(_PRINCIPAL):
        return f"/ns/{wide.removeprefix(_NAMESPACE)}/" in narrow
    return wide.startswith(_PRINCIPAL) and narrow.startswith(_PRINCIPAL) and _fits(wide, narrow)


def _fits(pattern: str, text: str) -> bool:
    """Istio's patterns: text, or with a star at one end."""
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    start, star, rest = pattern.partition("*")
    return text == pattern or (bool(star) and text.startswith(start) and text.endswith(rest))


def grants_of(rules: Iterable[Mapping[str, Any]]) -> frozenset[Grant]:
    """What some rules permit together, without what others of them permit already."""
    return widest(grant for rule in rules for grant in _rule(rule))


def widest(grants: Iterable[Grant]) -> frozenset[Grant]:
    """The grants that no other one covers."""
    each = set(grants)
    if EVERYTHING in each:
        return frozenset({EVERYTHING})
    known = Grants(each)
    return frozenset(x for x in each if not known.cover(x))


class Grants:
    """Grants by who has them: of many, those of a few callers can be asked."""

    def __init__(self, grants: Iterable[Grant]) -> None:
        self._of: dict[str, list[Grant]] = {}
        for grant in grants:
            self._of.setdefault(grant.caller, []).append(grant)
        self._beginnings = {len(caller) - 1 for caller in self._of if caller.endswith("*")}
        self._patterns = [caller for caller in self._of if "*" in caller[:-1]]

    def cover(self, grant: Grant) -> bool:
        """Whether another one permits all of it."""
        return any(
            other != grant and other.covers(grant)
            for caller in {*self._wider(grant.caller)}
            for other in self._of.get(caller, ())
        )

    def _wider(self, caller: str) -> Iterator[str]:
        """Every caller among those known who may be this one and others."""
        yield from (ANYBODY, caller, *self._patterns)
        yield from (f"{caller[:length]}*" for length in self._beginnings)
        yield from (f"{_NAMESPACE}{name}" for name in _NAMESPACES.findall(caller))


def texts_of(grants: Iterable[Grant]) -> tuple[str, ...]:
    """Grants in words, in order; those that differ in the method only are one."""
    methods: dict[Grant, list[str]] = {}
    for grant in sorted(grants):
        methods.setdefault(replace(grant, method=""), []).append(grant.method)
    return tuple(str(replace(grant, method=", ".join(each))) for grant, each in methods.items())


def _rule(rule: Mapping[str, Any]) -> Iterator[Grant]:
    callers = [caller for source in rule.get("from", ({},)) for caller in _callers(source.get("source", {}))]
    asked = [one for to in rule.get("to", ({},)) for one in _operations(to.get("operation", {}))]
    when = _said(without(rule, "from", "to"))
    for (caller, beside), (method, path, port, more) in product(callers, asked):
        yield Grant(caller, method, path, port, ", ".join(x for x in (beside, more, when) if x))


def _callers(source: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    beside = _said(without(source, "principals", "namespaces"))
    if "principals" in source:
        beside = ", ".join(x for x in (beside, _said({k: v for k, v in source.items() if k == "namespaces"})) if x)
        yield from ((f"{_PRINCIPAL}{name}", beside) for name in source["principals"])
    elif "namespaces" in source:
        yield from ((f"{_NAMESPACE}{name}", beside) for name in source["namespaces"])
    else:
        yield ANYBODY, beside


def _operations(operation: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    more = _said(without(operation, "methods", "paths", "ports"))
    parts = [list(map(str, operation.get(name) or ("",))) for name in ("methods", "paths", "ports")]
    if prod(map(len, parts)) > _MOST:
        yield "", "", "", _said(operation)
        return
    for method, path, port in product(*parts):
        yield method, path, port, more


def _said(tree: Mapping[str, Any]) -> str:
    return ", ".join(f"{path} {text_of(text)}" for path, text in sorted(leaves_of(tree)))
