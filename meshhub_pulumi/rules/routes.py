"""Routes as rules read them: those of HTTPRoutes in the words of VirtualServices, which hold more.

Both may be anybody's, and of any form; what a rule makes of a route it cannot read is its own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.rules.walk import at, texts, walk

Route = Mapping[str, Any]
_FORMS = {"Exact": "exact", "RegularExpression": "regex"}
_PATHS = {**_FORMS, "PathPrefix": "segments"}
_ANY_PATH = {"segments": "/"}
_CONDITIONS = {"path", "method", "headers", "queryParams"}


def routes_of(manifest: Manifest) -> Iterator[tuple[str, Route]]:
    """The routes of an object in the order in which it lists them, each with its path; none where it is no route."""
    if read := _READ.get(manifest.key.kind):
        yield from read(manifest.body)


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
    """A condition with what its definition reads into it; None where it cannot be read, or is not known."""
    if not isinstance(match, Mapping) or match.keys() - _CONDITIONS:
        return None
    found: dict[str, Any] = {}
    for name, value in match.items():
        if value is None:
            continue
        read = _PARTS[name](value)
        if read is None:
            return None
        found |= read
    return found


def _path(path: Any) -> Mapping[str, Any] | None:
    said = _said({"value": "/", **path}, _PATHS, "PathPrefix") if isinstance(path, Mapping) else None
    return {} if said == _ANY_PATH else said and {"uri": said}


def _method(method: Any) -> Mapping[str, Any] | None:
    return {"method": {"exact": method}} if isinstance(method, str) else None


def _headers(parts: Any) -> Mapping[str, Any] | None:
    named = _named(parts, str.lower)
    return named and {"headers": named}


def _parameters(parts: Any) -> Mapping[str, Any] | None:
    named = _named(parts, str)
    return named and {"queryParams": named}


def _named(parts: Any, spelled: Callable[[str], str]) -> dict[str, Any] | None:
    """Of two parts about one name only the first holds."""
    found: dict[str, Any] = {}
    for part in parts if isinstance(parts, list | tuple) else (None,):
        said = _said(part, _FORMS, "Exact")
        if said is None or not isinstance(part.get("name"), str):
            return None
        found.setdefault(spelled(part["name"]), said)
    return found


def _said(part: Any, forms: Mapping[str, str], usual: str) -> Mapping[str, str] | None:
    if not isinstance(part, Mapping):
        return None
    form, value = part.get("type", usual), part.get("value")
    return {forms[form]: value} if isinstance(form, str) and form in forms and isinstance(value, str) else None


_PARTS: Mapping[str, Callable[[Any], Mapping[str, Any] | None]] = {
    "path": _path,
    "method": _method,
    "headers": _headers,
    "queryParams": _parameters,
}
_READ: Mapping[str, Callable[[Mapping[str, Any]], Iterator[tuple[str, Route]]]] = {
    "HTTPRoute": _http_route,
    "VirtualService": _virtual_service,
}
