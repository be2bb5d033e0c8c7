"""lab.xds.route: what Envoy would do with a request, from its own messages."""

from __future__ import annotations

from typing import Any

from lab.xds.match import Request
from lab.xds.route import HeaderChanges, Retries, Route, route


def routed(*messages: dict[str, Any], path: str = "/") -> Route | None:
    """What becomes of a request, where these are the routes of its host."""
    host = {"domains": ["reviews"], "routes": [{"match": {"prefix": "/"}, **message} for message in messages]}
    return route({"virtualHosts": [host]}, Request(host="reviews", path=path))


def test_the_first_route_that_fits_takes_the_request() -> None:
    """Not the closest one; and none is a refusal."""
    narrow = {"match": {"path": "/a"}, "route": {"cluster": "narrow"}}
    wide = {"route": {"cluster": "wide"}}
    for routes, path, expected in (
        ([narrow, wide], "/a", {"narrow": 100}),
        ([narrow, wide], "/b", {"wide": 100}),
        ([wide, narrow], "/a", {"wide": 100}),
    ):
        found = routed(*routes, path=path)
        assert found
        assert expected == found.clusters
    assert routed(narrow, path="/b") is None
    assert route({"virtualHosts": []}, Request(host="reviews")) is None


def test_a_plain_route() -> None:
    """What Envoy's JSON leaves out has Envoy's default."""
    found = routed({"route": {"cluster": "one"}})
    nothing = HeaderChanges(set={}, add={}, remove=())
    assert found
    assert found == Route(
        clusters={"one": 100},
        timeout="15s",
        retries=None,
        mirrors={},
        cors=None,
        fault=None,
        request_headers=nothing,
        response_headers=nothing,
        raw=found.raw,
    )


def test_a_route_with_everything() -> None:
    """Shares, limits, repetitions, copies, filters and headers."""
    action = {
        "weightedClusters": {
            "clusters": [{"name": "one", "weight": 75}, {"name": "two", "weight": 25}, {"name": "no"}]
        },
        "timeout": "3s",
        "retryPolicy": {
            "retryOn": "reset,5xx",
            "numRetries": 4,
            "perTryTimeout": "0.500s",
            "retryPriority": {"name": "envoy.retry_priorities.previous_priorities"},
        },
        "requestMirrorPolicies": [
            {"cluster": "all"},
            {
                "cluster": "half",
                "runtimeFraction": {"defaultValue": {"numerator": 5000, "denominator": "TEN_THOUSAND"}},
            },
            {"cluster": "none", "runtimeFraction": {"defaultValue": {}}},
        ],
    }
    cors, fault = {"allowCredentials": True}, {"abort": {"httpStatus": 503}}
    found = routed(
        {
            "route": action,
            "typedPerFilterConfig": {"envoy.filters.http.cors": cors, "envoy.filters.http.fault": fault},
            "requestHeadersToAdd": [
                {"header": {"key": "X-Added", "value": "1"}},
                {"header": {"key": "X-Set", "value": "2"}, "appendAction": "OVERWRITE_IF_EXISTS_OR_ADD"},
            ],
            "responseHeadersToRemove": ["server"],
        }
    )
    assert found
    assert found == Route(
        clusters={"one": 75, "two": 25, "no": 0},
        timeout="3s",
        retries=Retries(attempts=4, on=("reset", "5xx"), per_try_timeout="0.500s", other_localities=True),
        mirrors={"all": 100.0, "half": 50.0, "none": 0.0},
        cors=cors,
        fault=fault,
        request_headers=HeaderChanges(set={"x-set": "2"}, add={"x-added": "1"}, remove=()),
        response_headers=HeaderChanges(set={}, add={}, remove=("server",)),
        raw=found.raw,
    )


def test_a_proxy_may_answer_by_itself() -> None:
    """Then there is nobody that the request goes to."""
    found = routed({"directResponse": {"status": 403}})
    assert found
    assert {} == found.clusters
