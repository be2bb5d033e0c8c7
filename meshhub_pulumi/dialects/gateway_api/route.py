"""HTTPRoutes: matches as the Gateway API spells them, and whole routes from merged patches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from meshhub_pulumi.dialects.gateway_api.filters import filters
from meshhub_pulumi.model.plugin import Leaf, RouteKey, RouteSite, Site, Tree
from meshhub_pulumi.model.route import HttpMatch

ANY_PATH = ".*"
_ANYTHING = ".*"
_FIELDS = ("matches", "filters", "backendRefs", "timeouts", "retry")
_PATHS = {"exact": "Exact", "prefix": "PathPrefix", "regex": "RegularExpression"}


def http_route(tree: Tree) -> dict[str, Any]:
    """Parents and ordered rules; one that splits nothing sends to the host itself."""
    keys = sorted((key for key in tree["rules"] if isinstance(key, RouteKey)), key=lambda key: key.order)
    expression = any(_match(key).regex is not None for key in keys)
    rules = [_rule(tree["rules"][key], matches_of(key, beside_expression=expression), tree) for key in keys]
    return {"parentRefs": tree["parentRefs"], "rules": rules}


def _rule(rule: Tree, matches: Sequence[dict[str, Any]], tree: Tree) -> dict[str, Any]:
    whole: dict[str, Any] = {"backendRefs": Leaf(tree["itself"].value, ()), **rule}
    if matches:
        whole["matches"] = matches
    if times := {name: leaf for name, leaf in rule.get("timeouts", {}).items() if leaf.value is not None}:
        whole["timeouts"] = times
    else:
        whole.pop("timeouts", None)
    if by_type := {**rule.get("filters", {}), **_modifiers(rule.get("headers"))}:
        whole["filters"] = filters(by_type)
    return {name: whole[name] for name in _FIELDS if name in whole}


def _modifiers(headers: Leaf | None) -> dict[str, Leaf]:
    """The filters that change headers: asked for as one value, they stand beside the others."""
    return {name: headers._replace(value=value) for name, value in headers.value.items()} if headers else {}


def matches_of(key: RouteKey, *, beside_expression: bool) -> list[dict[str, Any]]:
    """A rule's only match; none where it takes every request.

    A match without a path is one with the prefix `/`, which Istio tries before any path by expression. So beside an
    expression it becomes one itself, the shortest: of those Istio tries the longest first.
    """
    http = _match(key)
    found: dict[str, Any] = {}
    for form, kind in _PATHS.items():
        if (path := getattr(http, form)) is not None:
            found["path"] = {"type": kind, "value": path}
    if beside_expression and "path" not in found:
        found["path"] = {"type": "RegularExpression", "value": ANY_PATH}
    if http.method:
        found["method"] = http.method
    if http.headers:
        found["headers"] = [_named(x.name, x.value, x.regex) for x in http.headers]
    if http.query_parameters:
        found["queryParams"] = [_named(x.name, x.value, x.regex) for x in http.query_parameters]
    return [found] if found else []


def _named(name: str, value: str, regex: bool) -> dict[str, str]:
    if not value:
        return {"type": "RegularExpression", "name": name, "value": _ANYTHING}
    return {"type": "RegularExpression" if regex else "Exact", "name": name, "value": value}


def unsayable(site: Site) -> Iterator[tuple[str, str]]:
    """Conditions that no HTTPRoute has: on callers, and on what a header must not be."""
    if not isinstance(site, RouteSite):
        return
    source = dict(site.route.source)
    if source["labels"] or source["namespace"]:
        yield "sources", "a route for callers with certain labels or namespaces"
    for header in _match(site.route).headers:
        if header.invert:
            yield "matches", f"an inverted header ({header.name})"


def _match(key: RouteKey) -> HttpMatch:
    assert isinstance(key.match, HttpMatch)
    return key.match
