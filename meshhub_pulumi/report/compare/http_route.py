"""HTTPRoutes of the Gateway API, read as the routes that Istio makes of them: one word for one thing.

An HTTPRoute that says anything else (another parent, host names) is not read; it is compared field by field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meshhub_pulumi.model.http_match import read_match
from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.report.compare.effect import Seen
from meshhub_pulumi.report.compare.leaves import without
from meshhub_pulumi.report.compare.names import Names

Fields = Mapping[str, Any]

_PARENTS = (("", "Service"), ("networking.istio.io", "ServiceEntry"))
_HOSTNAME = ("networking.istio.io", "Hostname")
_HEADERS = {"RequestHeaderModifier": "request", "ResponseHeaderModifier": "response"}


@dataclass(frozen=True, slots=True)
class Bound:
    """The routes of one port of a host."""

    seen: Seen
    port: int
    routes: list[dict[str, Any]]


def is_read(manifest: Manifest) -> bool:
    """Whether it is an HTTPRoute that is about ports of hosts and nothing else."""
    spec = manifest.body.get("spec", {})
    parents = spec.get("parentRefs", ())
    return (
        manifest.key.kind == "HTTPRoute"
        and spec.keys() <= {"parentRefs", "rules"}
        and bool(parents)
        and all(
            (x.get("group"), x.get("kind")) in _PARENTS and x.keys() <= {"group", "kind", "name", "port"}
            for x in parents
        )
        and all(isinstance(x.get("port"), int) for x in parents)
    )


def bound_routes(manifest: Manifest, names: Names) -> Iterator[Bound]:
    """The routes of an HTTPRoute for each of its parents."""
    key, spec = manifest.key, manifest.body["spec"]
    for parent in spec["parentRefs"] if is_read(manifest) else ():
        host = (
            parent["name"]
            if parent["kind"] == "ServiceEntry"
            else names.local(key.cluster, key.namespace, parent["name"])
        )
        routes = [_route(rule, parent["port"], manifest, names) for rule in spec.get("rules", ())]
        yield Bound(names.seen(key.cluster, host), parent["port"], routes)


def _route(rule: Fields, port: int, manifest: Manifest, names: Names) -> dict[str, Any]:
    route = without(rule, "matches", "backendRefs", "timeouts", "retry", "filters")
    matches: Sequence[Fields] = rule.get("matches") or ({},)
    route["match"] = [_match(match, port) for match in matches]
    route["route"] = [_share(backend, manifest, names) for backend in rule.get("backendRefs", ())]
    timeouts = dict(rule.get("timeouts", {}))
    retries = dict(rule.get("retry", {}))
    if "request" in timeouts:
        route["timeout"] = timeouts.pop("request")
    if "backendRequest" in timeouts:
        retries["perTryTimeout"] = timeouts.pop("backendRequest")
    rest = {"retries": retries, "timeouts": timeouts}
    route |= {name: value for name, value in rest.items() if value}
    for entry in rule.get("filters", ()):
        _filter(entry, route, manifest, names)
    return route


def _share(backend: Fields, manifest: Manifest, names: Names) -> dict[str, Any]:
    share = without(backend, "group", "kind", "name", "namespace", "port", "weight", "filters")
    share |= {"destination": _destination(backend, manifest, names), "weight": backend.get("weight", 1)}
    for entry in backend.get("filters", ()):
        _filter(entry, share, manifest, names)
    return share


def _match(match: Fields, port: int) -> dict[str, Any]:
    """A condition; of what cannot be read, nothing is left out."""
    read, unread = read_match(match)
    return {**read, **{f"matches.{name}": value for name, value in unread.items()}, "port": port}


def _destination(backend: Fields, manifest: Manifest, names: Names) -> dict[str, Any]:
    host, kind = backend.get("name", ""), (backend.get("group", ""), backend.get("kind", "Service"))
    if kind != _HOSTNAME and kind != ("", "Service"):
        host = f"{host} of {'/'.join(kind)}"
    elif kind != _HOSTNAME:
        host = names.local(manifest.key.cluster, backend.get("namespace", manifest.key.namespace), host)
    return {"host": host, **({"port": {"number": backend["port"]}} if "port" in backend else {})}


def _filter(entry: Fields, route: dict[str, Any], manifest: Manifest, names: Names) -> None:
    """Add what a filter does to a route."""
    kind = entry.get("type", "")
    said = entry.get(f"{kind[:1].lower()}{kind[1:]}", {})
    if kind in _HEADERS:
        changed = {name: _named(value) if name != "remove" else value for name, value in said.items()}
        route.setdefault("headers", {})[_HEADERS[kind]] = changed
    elif kind == "RequestMirror":
        destination = _destination(said.get("backendRef", {}), manifest, names)
        route.setdefault("mirrors", []).append({"destination": destination, "percentage": {"value": _percent(said)}})
    else:
        route.setdefault("filters", {})[kind] = without(entry, "type")


def _named(items: Iterable[Fields]) -> dict[str, str]:
    return {x["name"]: x.get("value", "") for x in items}


def _percent(mirror: Fields) -> float:
    fraction = mirror.get("fraction")
    if fraction:
        return float(100 * fraction.get("numerator", 0) / fraction.get("denominator", 100))
    return float(mirror.get("percent", 100))
