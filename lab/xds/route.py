"""Envoy's routes as a test reads them: where a request goes in which shares, and what is done to it on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lab.xds.ask import Json
from lab.xds.match import Request, matches, virtual_host


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a failed request is repeated, after what, and how long each try may take ("" for no limit)."""

    attempts: int
    on: tuple[str, ...]
    per_try_timeout: str
    other_localities: bool
    """Whether a repetition leaves the priority that has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderChanges:
    """What is done to the headers of a request or a response; names in lower case, as Envoy has them."""

    set: Mapping[str, str]
    add: Mapping[str, str]
    remove: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What becomes of a request. `raw` is Envoy's own message."""

    clusters: Mapping[str, int]
    """Shares by cluster; one cluster has 100. Empty where the proxy answers by itself."""
    timeout: str
    """"0s" for no limit."""
    retries: Retries | None
    mirrors: Mapping[str, float]
    """Percent of the requests that are sent to a further cluster as well, by cluster."""
    cors: Json | None
    fault: Json | None
    request_headers: HeaderChanges
    response_headers: HeaderChanges
    raw: Json = field(repr=False)


_CORS, _FAULT = "envoy.filters.http.cors", "envoy.filters.http.fault"
_OTHER_LOCALITIES = "envoy.retry_priorities.previous_priorities"
_DENOMINATORS = {"HUNDRED": 100, "TEN_THOUSAND": 10_000, "MILLION": 1_000_000}


def route(configuration: Json, request: Request) -> Route | None:
    """The first route of a RouteConfiguration that takes the request; None where none does (404)."""
    host = virtual_host(configuration, request.host)
    if host is None:
        return None
    found = next((one for one in host.get("routes", ()) if matches(one["match"], request)), None)
    return None if found is None else _route(found)


def _route(message: Json) -> Route:
    action: Json = message.get("route", {})
    filters: Json = message.get("typedPerFilterConfig", {})
    return Route(
        clusters=_clusters(action),
        timeout=action.get("timeout", "15s"),
        retries=_retries(action["retryPolicy"]) if "retryPolicy" in action else None,
        mirrors=_mirrors(action.get("requestMirrorPolicies", ())),
        cors=filters.get(_CORS),
        fault=filters.get(_FAULT),
        request_headers=_changes(message.get("requestHeadersToAdd", ()), message.get("requestHeadersToRemove", ())),
        response_headers=_changes(message.get("responseHeadersToAdd", ()), message.get("responseHeadersToRemove", ())),
        raw=message,
    )


def _clusters(action: Json) -> dict[str, int]:
    if "cluster" in action:
        return {action["cluster"]: 100}
    return {one["name"]: one.get("weight", 0) for one in action.get("weightedClusters", {}).get("clusters", ())}


def _retries(policy: Json) -> Retries:
    return Retries(
        attempts=policy.get("numRetries", 1),
        on=tuple(policy.get("retryOn", "").split(",")),
        per_try_timeout=policy.get("perTryTimeout", ""),
        other_localities=policy.get("retryPriority", {}).get("name") == _OTHER_LOCALITIES,
    )


def _mirrors(policies: Sequence[Json]) -> dict[str, float]:
    whole: Json = {"defaultValue": {"numerator": 100}}
    return {one["cluster"]: _percent(one.get("runtimeFraction", whole)["defaultValue"]) for one in policies}


def _percent(fraction: Json) -> float:
    return 100.0 * float(fraction.get("numerator", 0)) / _DENOMINATORS[fraction.get("denominator", "HUNDRED")]


def _changes(options: Sequence[Json], removed: Sequence[str]) -> HeaderChanges:
    changed: dict[bool, dict[str, str]] = {True: {}, False: {}}
    for option in options:
        # adding to what is there is Envoy's default, which its JSON leaves out
        adds = option.get("appendAction", "APPEND_IF_EXISTS_OR_ADD") == "APPEND_IF_EXISTS_OR_ADD"
        changed[adds][option["header"]["key"].lower()] = option["header"].get("value", "")
    return HeaderChanges(set=changed[False], add=changed[True], remove=tuple(removed))
