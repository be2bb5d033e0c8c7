"""Routes as rules read them: those of HTTPRoutes in the words of VirtualServices, which hold more.

An HTTPRoute is one of ours; a VirtualService may be anybody's, and of any form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.rules.walk import walk

Route = Mapping[str, Any]
_ANYTHING = ".*"
_FORMS = {"Exact": "exact", "RegularExpression": "regex"}
_PATHS = {**_FORMS, "PathPrefix": "segments"}


def routes_of(manifest: Manifest) -> Iterator[tuple[str, Route]]:
    """The routes of an object in the order in which it lists them, each with its path; none where it is no route."""
    if read := _READ.get(manifest.key.kind):
        yield from read(manifest.body)


def _virtual_service(body: Mapping[str, Any]) -> Iterator[tuple[str, Route]]:
    yield from walk(body, "spec.http[]")


def _http_route(body: Mapping[str, Any]) -> Iterator[tuple[str, Route]]:
    for index, rule in enumerate(body["spec"]["rules"]):
        times = rule.get("timeouts", {})
        found = {
            "match": [_condition(match) for match in rule.get("matches", ())],
            "route": [{"destination": {"host": ref["name"]}} for ref in rule["backendRefs"]],
            "timeout": times.get("request"),
            "retries": {**rule["retry"], "perTryTimeout": times.get("backendRequest")} if "retry" in rule else None,
        }
        yield f"spec.rules[{index}]", {name: value for name, value in found.items() if value}


def _condition(match: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (path := match.get("path")) and path["value"] not in ("/", _ANYTHING):
        found["uri"] = {_PATHS[path["type"]]: path["value"]}
    if "method" in match:
        found["method"] = {"exact": match["method"]}
    for name in ("headers", "queryParams"):
        if name in match:
            found[name] = {part["name"]: {_FORMS[part["type"]]: part["value"]} for part in match[name]}
    return found


_READ: Mapping[str, Callable[[Mapping[str, Any]], Iterator[tuple[str, Route]]]] = {
    "HTTPRoute": _http_route,
    "VirtualService": _virtual_service,
}
