"""Which route of Envoy's takes a request: its domains, paths, headers and query parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.errors import LabError
from lab.xds.ask import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as a proxy sees it; header names in lower case."""

    host: str
    path: str = "/"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_headers(self) -> Mapping[str, str]:
        """With those that HTTP/2 makes of the rest."""
        return {":authority": self.host, ":method": self.method, ":path": self.path, **self.headers}


def virtual_host(routes: Json, host: str) -> Json | None:
    """The virtual host of a RouteConfiguration that a host name belongs to, as Envoy picks it."""
    hosts: Sequence[Json] = routes.get("virtualHosts", ())
    by_domain = {domain: one for one in hosts for domain in one["domains"]}
    if host in by_domain:
        return by_domain[host]
    wild = [domain for domain in by_domain if domain != "*"]
    endings = [domain for domain in wild if domain.startswith("*") and host.endswith(domain[1:])]
    beginnings = [domain for domain in wild if domain.endswith("*") and host.startswith(domain[:-1])]
    for candidates in (endings, beginnings):
        if candidates:
            return by_domain[max(candidates, key=len)]
    return by_domain.get("*")


_Test = Callable[[str, Any], bool]
_PATH: Mapping[str, _Test] = {
    "prefix": lambda path, wanted: path.startswith(wanted),
    "path": lambda path, wanted: path == wanted,
    "pathSeparatedPrefix": lambda path, wanted: path == wanted or path.startswith(f"{wanted}/"),
    "safeRegex": lambda path, wanted: bool(re.fullmatch(wanted["regex"], path)),
}
_STRING: Mapping[str, _Test] = {
    "exact": lambda text, wanted: text == wanted,
    "prefix": lambda text, wanted: text.startswith(wanted),
    "suffix": lambda text, wanted: text.endswith(wanted),
    "contains": lambda text, wanted: wanted in text,
    "safeRegex": lambda text, wanted: bool(re.fullmatch(wanted["regex"], text)),
}


def matches(match: Json, request: Request) -> bool:
    """Whether a RouteMatch takes a request; LabError for a condition that is not read here."""
    headers, parameters = match.get("headers", ()), match.get("queryParameters", ())
    path = {name: wanted for name, wanted in match.items() if name not in ("headers", "queryParameters")}
    # what stands there for caseSensitive is true, which is the default
    if path.pop("caseSensitive", True) is not True or path.keys() - _PATH:
        raise LabError(f"a route matches in a way that is not read here: {dict(match)}")
    return (
        all(_PATH[name](request.path, wanted) for name, wanted in path.items())
        and all(_is_met(one, request.all_headers) for one in headers)
        and all(_is_met(one, request.query) for one in parameters)
    )


def _is_met(condition: Json, values: Mapping[str, str]) -> bool:
    inverted = bool(condition.get("invertMatch"))
    value = values.get(condition["name"])
    if "presentMatch" in condition:
        return (value is not None) == (bool(condition["presentMatch"]) != inverted)
    if value is None and not condition.get("treatMissingHeaderAsEmpty"):
        return False  # even where inverted
    (name, wanted), *more = condition.get("stringMatch", {"": ""}).items()
    if name not in _STRING or more:
        raise LabError(f"a route has a condition that is not read here: {dict(condition)}")
    return _STRING[name](value or "", wanted) != inverted
