"""Order: the Gateway API has an order of its own in which it tries the rules of an HTTPRoute, whatever theirs is.

Istio's: exact paths, prefixes, expressions; of these the longer; a method before none; more headers; more query
parameters. Where this is not the order of all our routes, and one request fits two of them that do different things, it
would be treated otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.regex import fits
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import owner_of

_ANY_PATH = {"type": "PathPrefix", "value": "/"}
_PLAIN = re.compile(r"[\w/-]*")
_RANKS = ("Exact", "PathPrefix", "RegularExpression")


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    for key, manifest in manifests.items():
        if key.kind == "HTTPRoute":
            yield from _turned_round(manifest, view)


def _turned_round(manifest: Manifest, view: View) -> Iterator[Finding]:
    rules: Sequence[Mapping[str, Any]] = manifest.body["spec"]["rules"]
    for first, second in combinations(range(len(rules)), 2):
        one, other = (dict(*rules[index].get("matches", ({},))) for index in (first, second))
        same = _done(rules[first]) == _done(rules[second])
        if _precedence(other) < _precedence(one) and not same and not _apart(one, other):
            losing = owner_of(manifest, view, f"spec.rules[{first}]").at("matches")
            winning = owner_of(manifest, view, f"spec.rules[{second}]").at("matches")
            name = f"{manifest.key.namespace}/{manifest.key.name}"
            message = f"requests to {name} that fit both go to {winning.where()} first"
            yield finding("MH311", message, losing)


def _done(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name != "matches"}


def _precedence(match: Mapping[str, Any]) -> tuple[Any, ...]:
    path = match.get("path", _ANY_PATH)
    parts = (len(match.get(name, ())) for name in ("headers", "queryParams"))
    return (_RANKS.index(path["type"]), -_length(path), "method" not in match, *(-count for count in parts))


def _length(path: Mapping[str, str]) -> int:
    """How long Istio takes a path for: the slash at the end of a prefix says nothing and is taken off first."""
    return len((path["value"].rstrip("/") or "/") if path["type"] == "PathPrefix" else path["value"])


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether no request can fit both conditions, as far as one can tell."""
    return (
        one.get("method", other.get("method")) != other.get("method", one.get("method"))
        or any(_values_differ(one.get(name, ()), other.get(name, ())) for name in ("headers", "queryParams"))
        or _paths_differ(one.get("path", _ANY_PATH), other.get("path", _ANY_PATH))
    )


def _values_differ(some: Sequence[Mapping[str, str]], others: Sequence[Mapping[str, str]]) -> bool:
    exact = [{part["name"]: part["value"] for part in parts if part["type"] == "Exact"} for parts in (some, others)]
    return any(exact[0][name] != exact[1][name] for name in exact[0].keys() & exact[1].keys())


def _paths_differ(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    for path, by in ((one, other), (other, one)):
        if path["type"] != "Exact":
            continue
        if by["type"] == "RegularExpression":
            return not fits(by["value"], path["value"])
        return not (path["value"] == by["value"] if by["type"] == "Exact" else _below(path["value"], by["value"]))
    some, others = _beginning(one), _beginning(other)
    return not (some.startswith(others) or others.startswith(some))


def _beginning(path: Mapping[str, str]) -> str:
    """What every path that fits begins with, as far as one can tell; of a prefix whole segments."""
    if path["type"] == "PathPrefix":
        return f"{path['value'].rstrip('/')}/"
    plain = "" if "|" in path["value"] else _PLAIN.match(path["value"])[0]  # type: ignore[index]  # it fits nothing too
    return plain[:-1] if path["value"][len(plain) :].startswith(("*", "?", "{")) else plain


def _below(path: str, prefix: str) -> bool:
    return f"{path.rstrip('/')}/".startswith(f"{prefix.rstrip('/')}/")


RULE = Rule(name="gateway_api_order", codes=("MH311",), check=_check)
