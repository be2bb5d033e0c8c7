"""Gateway API: an HTTPRoute does the same to a request as the VirtualService that stands for the same policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from meshes import cluster, permissive, service, shift, snapshot, spec, to
from way import AWAY, LOCAL, outbound
from world import Manifests, World

from lab.xds import ProxyView, Route
from meshhub_pulumi.model.spec import Spec

RATINGS = service(name="ratings", app="ratings")
GRPC = service({"name": "http", "port": 9080}, {"name": "grpc", "port": 9090}, name="details", app="details")
SEEN = snapshot(
    kind2=cluster("172.18.0.220", "v1", services=(service(), RATINGS, GRPC)),
    kind3=cluster("172.18.0.230", "v2", services=(service(), RATINGS, GRPC)),
)
HERE, THERE = to("kind2"), to("kind3")
BOTH = [HERE, THERE]
CANARY = {
    "append_request_headers": {"x-canary": "%REQ(:path)%", "x-both": "a, b"},
    "remove_request_headers": ["x-debug"],
    "append_response_headers": {"x-from": "canary"},
    "remove_response_headers": ["server"],
}
Request = Mapping[str, Any]


def policy(name: str, *destinations: Mapping[str, Any], **args: Any) -> Spec:
    """A policy about reviews in both clusters, or about these destinations."""
    return spec("TrafficPolicy", name, destinations=destinations or BOTH, **args)


ANY = policy("any", timeout="60s")
MATCHES: Sequence[Mapping[str, Any]] = (
    {"exact": "/exactly"},
    {"prefix": "/within", "method": "POST"},
    {"regex": "/items/[0-9]+"},
    {"method": "PUT", "headers": [{"name": "x-user", "value": "jason"}]},
    {"headers": [{"name": "x-test"}]},
    {"query_parameters": [{"name": "size", "value": "[0-9]+", "regex": True}]},
    {"query_parameters": [{"name": "page"}]},
)
CASES: Mapping[str, tuple[Sequence[Spec], Sequence[Request]]] = {
    "weights": ([shift(HERE, (HERE, 75), (THERE, 25))], [{}]),
    "another port": (
        [
            shift(to("kind2", "details", port=None), (to("kind3", "details"), 60), (to("kind2", "details"), 40)),
        ],
        [{"host": "details"}, {"host": "details", "port": 9090}],
    ),
    "timeout": ([policy("slow", timeout="150250ms")], [{}, {"host": AWAY}]),
    "retries": (
        [policy("again", retries={"attempts": 3, "per_try_timeout": "2s"}, timeout="9s")],
        [{}, {"host": AWAY}],
    ),
    "retries after status codes": (
        [
            policy(
                "again",
                retries={
                    "attempts": 5,
                    "retry_on": ("503", "connect-failure", "refused-stream", "unavailable", "cancelled"),
                },
            )
        ],
        [{}],
    ),
    "headers": (
        [
            policy(
                "change",
                header_manipulation={
                    "append_request_headers": {"x-from": "%REQ(:authority)%", "x-shop": "a, b"},
                    "remove_request_headers": ["x-debug"],
                    "append_response_headers": {"x-load": "50%%"},
                    "remove_response_headers": ["server", "x-shop"],
                },
            )
        ],
        [{}, {"host": AWAY}],
    ),
    "headers of one destination": (
        [
            policy(
                "canary",
                HERE,
                traffic_shift=[
                    {"destination": HERE, "weight": 75, "header_manipulation": CANARY},
                    {"destination": THERE, "weight": 25, "header_manipulation": {"append_request_headers": {"x": "1"}}},
                ],
                header_manipulation={"append_request_headers": {"x-route": "1"}, "remove_response_headers": ["via"]},
            ),
            policy(
                "alone",
                THERE,
                traffic_shift=[{"destination": THERE, "weight": 100, "header_manipulation": CANARY}],
            ),
        ],
        [{}, {"host": AWAY}],
    ),
    "mirror": ([policy("copy", HERE, mirror={"destination": to("kind2", "ratings"), "percentage": 12.5})], [{}]),
    "whole mirror": ([policy("copy", HERE, mirror={"destination": to("kind2", "ratings")})], [{}]),
    "no mirror": ([policy("copy", HERE, mirror={"destination": to("kind2", "ratings"), "percentage": 0})], [{}]),
    "mirror of a federated host": (
        [policy("copy", THERE, mirror={"destination": to("kind3", "ratings"), "percentage": 5})],
        [{"host": AWAY}],
    ),
    "CORS": (
        [
            policy(
                "origins",
                cors_policy={
                    "allow_origins": [{"exact": "https://shop.example.com"}, {"prefix": "http://"}],
                    "allow_methods": ["GET", "PUT"],
                    "allow_headers": ["x-shop"],
                    "expose_headers": ["x-load"],
                    "max_age": "60s",
                    "allow_credentials": True,
                },
            )
        ],
        [{}, {"host": AWAY}],
    ),
    "matches": (
        [ANY, *(policy(f"p-{index}", matches=[match], timeout=f"{index}s") for index, match in enumerate(MATCHES, 1))],
        [
            {"host": host, **request}
            for host in ("reviews", AWAY)
            for request in (
                {},
                {"path": "/exactly"},
                {"path": "/exactly/not"},
                {"path": "/within/it", "method": "POST"},
                {"path": "/within"},
                {"path": "/items/12"},
                {"path": "/items/a"},
                {"method": "PUT", "headers": {"x-user": "jason"}},
                {"method": "PUT", "headers": {"x-user": "eve"}},
                {"headers": {"x-test": ""}},
                {"headers": {"x-test": "anything"}},
                {"query": {"size": "10"}},
                {"query": {"size": "10px"}},
                {"query": {"page": ""}},
            )
        ],
    ),
    "headers of the narrower": (
        [
            policy("narrow", HERE, header_manipulation={"append_request_headers": {"x-a": "1"}}),
            policy("wide", {"namespaces": ["default"]}, header_manipulation={"append_response_headers": {"x-b": "1"}}),
        ],
        [{}, {"host": AWAY}],
    ),
    "prefixes of other segments": (
        [
            policy("one", matches=[{"prefix": "/a/"}], timeout="1s"),
            policy("other", matches=[{"prefix": "/ab", "method": "GET"}], timeout="2s"),
        ],
        [{"path": "/a/b"}, {"path": "/ab"}, {"path": "/ab/c", "method": "GET"}],
    ),
    "other requests": ([policy("some", matches=[{"exact": "/pay"}], timeout="2s")], [{}, {"path": "/pay"}]),
}
"""Policies, and requests to which they might do something."""


def answers(world: World, dialect: str, specs: Sequence[Spec], requests: Sequence[Request], **more: Any) -> list[Any]:
    """What becomes of requests of kind2's client, in a dialect."""
    world.hold(SEEN, permissive(), *specs, dialect=dialect, **more)
    client = world.client()
    return [answer(client, request) for request in requests]


def answer(client: ProxyView, request: Request) -> Route | None:
    """What becomes of a request, without what means the same in other words; of Envoy's message what shares have.

    Those are conditions that mean no status code, and preflights of other origins, which Istio has answered by the
    caller's proxy (HTTPRoute) or the service (VirtualService): either way the browser hears of no permission.
    """
    found = client.route(**{"host": "reviews", "port": 9080, **request})
    if found is None:
        return None
    codes = tuple(found.raw["route"].get("retryPolicy", {}).get("retriableStatusCodes", ()))
    conditions = sorted(set(found.retries.on) - {"", "retriable-status-codes"}) if found.retries else []
    return replace(
        found,
        retries=found.retries and replace(found.retries, on=(*conditions, *map(str, codes))),
        cors=found.cors and {**found.cors, "forwardNotMatchingPreflights": None},
        raw={"shares": list(map(changes, found.raw["route"].get("weightedClusters", {}).get("clusters", ())))},
    )


def changes(share: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is done to the headers of one destination's requests and responses."""
    return {name: value for name, value in share.items() if name == "name" or "Headers" in name}


@pytest.mark.usefixtures("http_routes")
@pytest.mark.parametrize("name", CASES)
def test_both_do_the_same_to_a_request(name: str, world: World) -> None:
    """Shares, timeouts, retries, headers, mirrors, CORS, and which requests a condition takes; here and federated."""
    specs, requests = CASES[name]
    expected = answers(world, "istio", specs, requests)
    assert expected == answers(world, "gateway-api", specs, requests)
    assert None not in expected


@pytest.mark.usefixtures("http_routes")
def test_the_comparison_sees_a_difference(world: World) -> None:
    """The control: another weight in the HTTPRoute is another answer."""

    def turn_round(manifests: Manifests) -> None:
        route = manifests["kind2", "HTTPRoute", "default/reviews-9080"]["spec"]["rules"][0]
        route["backendRefs"].reverse()
        route["backendRefs"][0]["weight"], route["backendRefs"][1]["weight"] = 75, 25

    specs, requests = CASES["weights"]
    (found,) = answers(world, "gateway-api", specs, requests, edit=turn_round)
    assert {outbound(LOCAL): 25, outbound(AWAY): 75} == found.clusters


@pytest.mark.usefixtures("http_routes")
def test_the_comparison_sees_headers_of_one_destination(world: World) -> None:
    """The control: headers that move to the other destination are another answer."""

    def turn_round(manifests: Manifests) -> None:
        route = manifests["kind2", "HTTPRoute", "default/reviews-9080"]["spec"]["rules"][0]
        one, other = route["backendRefs"]
        one["filters"], other["filters"] = other["filters"], one["filters"]

    specs, requests = CASES["headers of one destination"]
    as_asked = answers(world, "gateway-api", specs, requests[:1])
    assert as_asked != answers(world, "gateway-api", specs, requests[:1], edit=turn_round)


@pytest.mark.usefixtures("http_routes")
def test_prefixes_are_segments(world: World) -> None:
    """What finding MH310 says: an HTTPRoute takes whole segments, the last of them with or without its end."""
    policies = [ANY, policy("below", matches=[{"prefix": "/within"}, {"prefix": "/end/"}], timeout="1s")]
    requests = [{"path": path} for path in ("/within/it", "/within-more", "/end/it", "/end")]
    assert ["1s", "1s", "1s", "60s"] == [x.timeout for x in answers(world, "istio", policies, requests)]
    assert ["1s", "60s", "1s", "1s"] == [x.timeout for x in answers(world, "gateway-api", policies, requests)]


@pytest.mark.usefixtures("http_routes")
def test_mirrors_elsewhere_are_dropped(world: World) -> None:
    """What finding MH301 says of them: Istio looks for a mirror's host in the namespace of the route only."""

    def elsewhere(manifests: Manifests) -> None:
        (mirror,) = manifests["kind2", "HTTPRoute", "default/reviews-9080"]["spec"]["rules"][0]["filters"]
        reference = {"group": "networking.istio.io", "kind": "Hostname", "name": AWAY, "port": 9080}
        mirror["requestMirror"]["backendRef"] = reference

    specs, requests = CASES["whole mirror"]
    (found,) = answers(world, "gateway-api", specs, requests, edit=elsewhere)
    assert {} == found.mirrors


@pytest.mark.usefixtures("http_routes")
def test_a_virtual_service_beside_an_http_route(world: World) -> None:
    """What finding MH201 says: proxies follow one of the two, and nothing of the other, which would do alone."""

    def beside(manifests: Manifests) -> None:
        spec = {"hosts": [LOCAL], "http": [{"route": [{"destination": {"host": AWAY}}], "timeout": "7s"}]}
        meta = {"name": "by-hand", "namespace": "default"}
        body = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": meta, "spec": spec}
        manifests["kind2", "VirtualService", "default/by-hand"] = body

    def instead(manifests: Manifests) -> None:
        beside(manifests)
        del manifests["kind2", "HTTPRoute", "default/reviews-9080"]

    specs, requests = CASES["weights"]
    assert answers(world, "gateway-api", specs, requests) == answers(world, "gateway-api", specs, requests, edit=beside)
    (found,) = answers(world, "gateway-api", specs, requests, edit=instead)
    assert ({outbound(AWAY): 100}, "7s") == (found.clusters, found.timeout)
