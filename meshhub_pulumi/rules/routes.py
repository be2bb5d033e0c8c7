"""Routes as rules read them: those of HTTPRoutes in the words of VirtualServices, which hold more.

Both may be anybody's, and of any form; what a rule makes of a route it cannot read is its own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.http_match import read_match
from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.rules.walk import at, texts, walk

Route = Mapping[str, Any]


def routes_of(manifest: Manifest) -> Iterator[tuple[str, Route]]:
    """The routes of an object in the order in which it lists them, each with its path; none where it is no route."""
    if read := _READ.get(manifest.key.kind):
        yield from read(manifest.body)


def field_of(path: str) -> str:
    """The field of a route that a path is or lies below, such as `timeout` of `spec.rules[0].timeouts.request`."""
    first, _, below = path.partition("].")[2].partition(".")
    name = first.partition("[")[0]
    return _FIELDS.get(f"{name}.{below.partition('.')[0]}") or _FIELDS.get(name, name)


def _virtual_service(body: Mapping[str, Any]) -> Iterator[tuple[str, Route]]:
    yield from walk(body, "spec.http[]")


def _http_route(body: Mapping[str, Any]) -> Iterator[tuple[str, Route]]:
    for place, rule in walk(body, "spec.rules[]"):
        yield place, _rule(rule) if isinstance(rule, Mapping) else rule


def _rule(rule: Mapping[str, Any]) -> Route:
    matches = rule.get("matches")
    found = {
        "match": list(map(_condition, matches)) if isinstance(matches, list | tuple) else matches,
        "route": [{"destination": {"host": name}} for _, name in texts(rule, "backendRefs[].name")],
        "timeout": at(rule, "timeouts.request"),
        "retries": _retries(rule.get("retry"), at(rule, "timeouts.backendRequest")),
    }
    return {name: value for name, value in found.items() if value}


def _retries(retry: Any, one_try: Any) -> Any:
    return {**retry, "perTryTimeout": one_try} if isinstance(retry, Mapping) else retry


def _condition(match: Any) -> Mapping[str, Any] | None:
    """A condition; None where not all of it can be read."""
    if not isinstance(match, Mapping):
        return None
    read, unread = read_match(match)
    return None if unread else read


_READ: Mapping[str, Callable[[Mapping[str, Any]], Iterator[tuple[str, Route]]]] = {
    "HTTPRoute": _http_route,
    "VirtualService": _virtual_service,
}
_FIELDS = {
    "backendRefs": "route",
    "filters.cors": "corsPolicy",
    "filters.requestHeaderModifier": "headers",
    "filters.requestMirror": "mirror",
    "filters.responseHeaderModifier": "headers",
    "retry": "retries",
    "timeouts.backendRequest": "retries",
    "timeouts.request": "timeout",
}
"""What VirtualServices call the fields of HTTPRoutes: of several that a policy asks for as one value, one name."""
