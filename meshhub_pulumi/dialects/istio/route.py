"""VirtualService routes: matches as Istio spells them, and whole routes from merged patches."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from meshhub_pulumi.model.plugin import Leaf, RouteKey, Tree
from meshhub_pulumi.model.route import HttpMatch

_FIELDS = ("match", "fault", "route", "timeout", "retries", "corsPolicy", "mirror", "mirrorPercentage", "headers")


def match_of(key: RouteKey, presence: Mapping[str, Any]) -> dict[str, Any]:
    """A route's HTTPMatchRequest; empty where it takes every request. `presence` stands for an empty value."""
    assert isinstance(key.match, HttpMatch)
    http, source = key.match, dict(key.source)
    found: dict[str, Any] = {}
    for form in ("exact", "prefix", "regex"):
        if (path := getattr(http, form)) is not None:
            found["uri"] = {form: path}
    if http.method:
        found["method"] = {"exact": http.method}
    if headers := {x.name: _text(x.value, x.regex, presence) for x in http.headers if not x.invert}:
        found["headers"] = headers
    if without := {x.name: _text(x.value, x.regex, presence) for x in http.headers if x.invert}:
        found["withoutHeaders"] = without
    if http.query_parameters:
        anything = presence or {"regex": ".*"}
        found["queryParams"] = {x.name: _text(x.value, x.regex, anything) for x in http.query_parameters}
    if source["labels"]:
        found["sourceLabels"] = dict(source["labels"])
    if source["namespace"]:
        found["sourceNamespace"] = source["namespace"]
    if key.port is not None:
        found["port"] = key.port
    return found


def matches_of(key: RouteKey) -> list[dict[str, Any]]:
    """A route's alternatives; none where it takes every request.

    In an inverted condition Envoy takes a missing header for an empty one, so an expression that fits the empty text
    would turn it away: that the header is missing is then an alternative of its own.
    """
    assert isinstance(key.match, HttpMatch)
    match = match_of(key, presence={})
    alternatives = [match] if match else []
    for name in [header.name for header in key.match.headers if header.excludes_empty]:
        alternatives += [{**x, "withoutHeaders": {**x["withoutHeaders"], name: {}}} for x in alternatives]
    return alternatives


def _text(value: str, regex: bool, presence: Mapping[str, Any]) -> dict[str, Any]:
    if not value:
        return dict(presence)
    return {"regex" if regex else "exact": value}


def http_routes(routes: Mapping[Hashable, Tree], host: str) -> list[dict[str, Any]]:
    """The routes in the order they are tried; one that splits nothing sends to the host itself."""
    keys = sorted((key for key in routes if isinstance(key, RouteKey)), key=lambda key: key.order)
    return [_route(routes[key], key, host) for key in keys]


def _route(route: Tree, key: RouteKey, host: str) -> dict[str, Any]:
    itself: dict[str, Any] = {"host": host} if key.port is None else {"host": host, "port": {"number": key.port}}
    whole = {"route": Leaf([{"destination": itself}], ()), **route}
    return {name: whole[name] for name in _FIELDS if name in whole}
