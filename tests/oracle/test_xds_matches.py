"""Matches: which requests a policy is about, as Envoy understands what we render."""

from __future__ import annotations

from typing import Any

from meshes import cluster, snapshot, spec, to
from world import Manifests, World

from lab.xds import ProxyView
from meshhub_pulumi.model.spec import Spec

SEEN = snapshot(kind2=cluster("172.18.0.220", "v1"))
MATCHES: dict[str, dict[str, Any]] = {
    "1s": {"query_parameters": [{"name": "q"}]},
    "2s": {"query_parameters": [{"name": "page", "value": "1"}]},
    "3s": {"query_parameters": [{"name": "size", "value": "[0-9]+", "regex": True}]},
    "4s": {"headers": [{"name": "x-test"}]},
    "5s": {"headers": [{"name": "x-user", "value": "jason"}]},
    "6s": {"headers": [{"name": "x-group", "value": "qa-[a-c]+", "regex": True}]},
    "7s": {"method": "POST"},
    "8s": {"method": "PUT", "headers": [{"name": "x-old", "invert": True}]},
    "9s": {"method": "DELETE", "headers": [{"name": "x-role", "value": "guest", "invert": True}]},
    "10s": {"exact": "/exactly"},
    "11s": {"prefix": "/begins"},
    "12s": {"regex": "/items/[0-9]+"},
    "13s": {"method": "PATCH", "headers": [{"name": "x-all", "value": "e*", "regex": True, "invert": True}]},
}
"""Conditions by the timeout that a policy asks for where they hold."""
ANY = spec("TrafficPolicy", "any", destinations=[to("kind2")], timeout="60s")


def policies() -> list[Spec]:
    """A policy for each condition, and one for all other requests."""
    at = [to("kind2")]
    found = [
        spec("TrafficPolicy", f"p-{timeout}", destinations=at, matches=[match], timeout=timeout)
        for timeout, match in MATCHES.items()
    ]
    return [*found, ANY]


def timeout(client: ProxyView, path: str = "/", **request: Any) -> str | None:
    """By which policy a request is treated; None where it is refused."""
    found = client.route("reviews", 9080, path, **request)
    return found.timeout if found else None


def test_a_condition_takes_its_requests_and_no_others(world: World) -> None:
    """Presence is that of a name, with whatever value, an empty one too."""
    world.hold(SEEN, *policies())
    client = world.client()
    rest = "60s"
    for expected, request in [
        (rest, {}),
        ("1s", {"query": {"q": ""}}),
        ("1s", {"query": {"q": "anything", "more": "1"}}),
        (rest, {"query": {"qq": "1"}}),
        ("2s", {"query": {"page": "1"}}),
        (rest, {"query": {"page": "10"}}),
        ("3s", {"query": {"size": "10"}}),
        (rest, {"query": {"size": "10px"}}),
        ("4s", {"headers": {"x-test": ""}}),
        ("4s", {"headers": {"x-test": "anything"}}),
        ("5s", {"headers": {"x-user": "jason"}}),
        (rest, {"headers": {"x-user": "jasons"}}),
        ("6s", {"headers": {"x-group": "qa-abc"}}),
        (rest, {"headers": {"x-group": "qa-abcd"}}),
        ("7s", {"method": "POST"}),
        ("8s", {"method": "PUT"}),
        (rest, {"method": "PUT", "headers": {"x-old": ""}}),
        ("9s", {"method": "DELETE"}),
        ("9s", {"method": "DELETE", "headers": {"x-role": "owner"}}),
        (rest, {"method": "DELETE", "headers": {"x-role": "guest"}}),
        # an expression that an empty value fits: a header that is missing fits none
        ("13s", {"method": "PATCH"}),
        ("13s", {"method": "PATCH", "headers": {"x-all": "eve"}}),
        (rest, {"method": "PATCH", "headers": {"x-all": "ee"}}),
        (rest, {"method": "PATCH", "headers": {"x-all": ""}}),
        ("10s", {"path": "/exactly"}),
        (rest, {"path": "/exactly/more"}),
        ("11s", {"path": "/begins-and-goes-on"}),
        ("12s", {"path": "/items/12"}),
        (rest, {"path": "/items/12/more"}),
    ]:
        assert (expected, request) == (timeout(client, **request), request)


def test_a_header_without_its_condition_takes_everything(world: World) -> None:
    """The control: presence is what the empty condition says, and the route without it is first for all requests."""

    def drop(manifests: Manifests) -> None:
        for route in manifests["kind2", "VirtualService", "default/reviews"]["spec"]["http"]:
            for match in route.get("match", ()):
                if match.pop("headers", {}).keys() == {"x-test"}:
                    route["timeout"] = "4s"

    match = MATCHES["4s"]
    policy = spec("TrafficPolicy", "present", destinations=[to("kind2")], matches=[match], timeout="4s")
    world.hold(SEEN, policy, ANY, edit=drop)
    assert "4s" == timeout(world.client())


def test_in_one_condition_a_missing_header_fits_the_empty_text(world: World) -> None:
    """The control: without the alternative that it is missing, the opposite of such an expression turns it away."""

    def join(manifests: Manifests) -> None:
        for route in manifests["kind2", "VirtualService", "default/reviews"]["spec"]["http"]:
            del route["match"][1:]

    policy = spec("TrafficPolicy", "not", destinations=[to("kind2")], matches=[MATCHES["13s"]], timeout="13s")
    world.hold(SEEN, policy, ANY, edit=join)
    client = world.client()
    assert "60s" == timeout(client, method="PATCH")
    assert "13s" == timeout(client, method="PATCH", headers={"x-all": "eve"})


def test_requests_that_no_policy_is_about_go_where_they_went(world: World) -> None:
    """A policy for some requests to a service leaves the others alone."""
    policy = spec("TrafficPolicy", "some", destinations=[to("kind2")], matches=[{"prefix": "/pay"}], timeout="2s")
    world.hold(SEEN, policy)
    client = world.client()
    assert "2s" == timeout(client, "/pay")
    assert client.route("reviews", 9080, "/other")


def test_callers_that_no_policy_is_about_are_left_alone(world: World) -> None:
    """A policy for some callers is not in the way of others: their proxies get none of its routes."""
    sources = [{"labels": {"app": "somebody-else"}}]
    policy = spec("TrafficPolicy", "some", destinations=[to("kind2")], sources=sources, timeout="2s")
    world.hold(SEEN, policy)
    assert "0s" == timeout(world.client())
