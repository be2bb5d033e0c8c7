"""Requests are compared, not routes: what a reader is told about a host whose routes differ."""

from __future__ import annotations

from typing import Any

import pytest
from make import cluster, compiled, mesh, service, shift, snapshot, to, traffic
from sides import changed, effect

from meshhub_pulumi.report.compare.effect import Change, Share


def told(before: Any, after: Any) -> list[tuple[Any, ...]]:
    """Whatever is said of requests: which ones, shares and settings."""
    return [(x.requests, x.shares, x.settings) for x in effect(before, after).traffic]


def routed(*policies: Any) -> Any:
    """A mesh with some policies about the checkout in east."""
    return compiled(mesh(), *policies)


def by_hand(change: Any) -> Any:
    """A mesh whose route to checkout@east and checkout@west is changed by hand."""
    made = routed(traffic("split", traffic_shift=shift((to("east"), 50), (to("west"), 50))))
    return made, changed(made, "VirtualService", "checkout", "east", lambda spec: change(spec["http"]))


def test_what_no_route_said_before() -> None:
    """Where a host had no routes, its requests went to itself."""
    split = routed(traffic("split", traffic_shift=shift((to("east"), 60), (to("west"), 40))))
    shares = (Share("shop/checkout@east", 100, 60), Share("shop/checkout@west", 0, 40))
    assert [((("port 8080",),), shares, ())] == told(routed(), split)


def test_a_new_condition_changes_only_what_it_says() -> None:
    """Requests of a new condition are compared with what happened to them before, by whichever route."""
    base = routed(traffic("all", timeout="5s", retries={"attempts": 2}))
    head = routed(
        traffic("all", timeout="5s", retries={"attempts": 2}),
        traffic("pay", matches=[{"prefix": "/pay"}], timeout="9s", retries={"attempts": 2}),
    )
    assert [((("path prefix /pay", "port 8080"),), (), (Change("timeout", "5s", "9s"),))] == told(base, head)


def test_equal_routes_are_one() -> None:
    """A condition whose requests are treated as before, only by another route, is not told."""
    base = routed(traffic("all", timeout="5s"))
    assert [] == told(
        base, routed(traffic("all", timeout="5s"), traffic("a", matches=[{"prefix": "/a"}], timeout="5s"))
    )


def test_conditions_with_one_difference_are_told_together() -> None:
    """Several conditions with the same difference are one row, which lists them."""
    wanted = [{"prefix": "/a"}, {"prefix": "/b"}]
    base = routed(traffic("some", matches=wanted, timeout="5s"))
    requests = (("path prefix /a", "port 8080"), ("path prefix /b", "port 8080"))
    assert [(requests, (), (Change("timeout", "5s", "6s"),))] == told(
        base, routed(traffic("some", matches=wanted, timeout="6s"))
    )


def swapped(routes: Any) -> None:
    """Exchange the first two routes."""
    routes[0], routes[1] = routes[1], routes[0]


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({"prefix": "/a"}, {"prefix": "/b"}, None),
        ({"exact": "/a"}, {"exact": "/b"}, None),
        ({"method": "GET"}, {"method": "PUT"}, None),
        (
            {"prefix": "/a"},
            {"headers": [{"name": "x", "value": "1"}]},
            ("header x exact 1", "path prefix /a", "port 8080"),
        ),
    ],
)
def test_the_order_counts_where_requests_are_shared(one: Any, other: Any, both: Any) -> None:
    """Two routes in another order are told as the requests that both would take; if there are none, not at all."""
    made = routed(traffic("one", matches=[one], timeout="1s"), traffic("other", matches=[other], timeout="2s"))
    moved = changed(made, "VirtualService", "checkout", "east", lambda spec: swapped(spec["http"]))
    expected = [] if both is None else [((both,), (), (Change("timeout", "1s", "2s"),))]
    assert expected == told(made, moved)


def test_a_wider_route_in_front_takes_over() -> None:
    """What a route in front leaves nothing of is told as the requests that it had."""
    made = routed(traffic("all", timeout="1s"), traffic("a", matches=[{"prefix": "/a"}], timeout="2s"))
    moved = changed(made, "VirtualService", "checkout", "east", lambda spec: swapped(spec["http"]))
    assert [((("path prefix /a", "port 8080"),), (), (Change("timeout", "2s", "1s"),))] == told(made, moved)


def test_requests_without_a_route_are_refused() -> None:
    """Where the last route goes, the requests that no condition is about are answered with 404."""
    made = routed(traffic("a", matches=[{"prefix": "/a"}], timeout="2s"))
    cut = changed(made, "VirtualService", "checkout", "east", lambda spec: spec["http"].pop())
    shares = (Share("404: no route takes them", 0, 100), Share("shop/checkout@east", 100, 0))
    assert [((("port 8080",),), shares, ())] == told(made, cut)


WEB = ("caller label app is web", "port 8080")
NOT_TAKEN = (Share("404: no route takes them", 0, 100), Share("shop/checkout@east", 100, 0))


def test_callers_whom_no_route_is_for_are_left_alone() -> None:
    """A policy for some callers is told of these alone: the proxies of others are given none of its routes."""
    web = {"sources": [{"labels": {"app": "web"}}], "timeout": "1s"}
    some, everybody = routed(traffic("some", **web)), routed(traffic("some", timeout="1s"))
    assert [((WEB,), (), (Change("timeout", None, "1s"),))] == told(routed(), some)
    assert [((WEB,), (), (Change("timeout", "1s", None),))] == told(some, routed())
    assert [((("port 8080",),), (), (Change("timeout", None, "1s"),))] == told(some, everybody)


def test_callers_whom_some_route_is_for_are_refused_the_rest() -> None:
    """Whoever is given any route gets 404 where none takes a request, be the route for all callers or just for them."""
    sources = [{"labels": {"app": "web"}}]
    made = routed(traffic("a", sources=sources, matches=[{"prefix": "/a"}], timeout="1s"))
    without = changed(made, "VirtualService", "checkout", "east", lambda spec: spec["http"].pop())
    assert [((WEB,), NOT_TAKEN, ())] == told(made, without)
    mixed = routed(
        traffic("a", matches=[{"prefix": "/a"}], timeout="1s"), traffic("web", sources=sources, timeout="1s")
    )
    without = changed(mixed, "VirtualService", "checkout", "east", lambda spec: spec["http"].pop())
    assert [((("port 8080",),), NOT_TAKEN, ())] == told(mixed, without)


def test_a_port_that_no_route_is_for_is_left_alone() -> None:
    """Routes of one port refuse no request to another."""
    ports = [{"name": "http", "port": 8080}, {"name": "admin", "port": 9090, "protocol": "HTTP"}]
    seen = snapshot(east=cluster("east", [service(ports=ports)]), west=cluster("west"))
    made = compiled(mesh(), traffic("all", timeout="1s"), seen=seen)
    one = changed(made, "VirtualService", "checkout", "east", lambda spec: spec["http"].pop())
    assert [((("port 9090",),), (), (Change("timeout", "1s", None),))] == told(made, one)


def split(*shares: tuple[int, dict[str, str]]) -> Any:
    """A mesh that sends requests to one checkout in shares with other headers."""
    entry = [{"destination": to("east"), "weight": weight} for weight, _ in shares]
    own = [{"header_manipulation": {"append_request_headers": x}} if x else {} for _, x in shares]
    return routed(traffic("split", traffic_shift=[x | y for x, y in zip(entry, own, strict=True)]))


def variants(**weights: int) -> Any:
    """A mesh that sends requests to one checkout with one of some headers, or with none."""
    return split(*((weight, {} if x == "none" else {"x-variant": x}) for x, weight in weights.items()))


@pytest.mark.parametrize(
    ("before", "after", "shares", "settings"),
    [
        ({"a": 10, "b": 90}, {"a": 90, "b": 10}, {"a": (10, 90), "b": (90, 10)}, ()),
        ({"a": 10, "b": 90}, {"b": 90, "a": 10}, {}, ()),
        ({"a": 100}, {"a": 90, "b": 10}, {"a": (100, 90), "b": (0, 10)}, ()),
        ({"none": 90, "a": 10}, {"none": 80, "a": 20}, {"none": (90, 80), "a": (10, 20)}, ()),
        ({"a": 50, "b": 50}, {"a": 50, "none": 50}, {"none": (0, 50), "b": (50, 0)}, ()),
        ({"a": 100}, {"b": 100}, {}, (Change("headers.request.add.x-variant to shop/checkout@east", "a", "b"),)),
        ({"a": 100}, {"a": 100, "b": 0}, {}, ()),
    ],
    ids=["exchanged", "order", "one-more", "without", "another", "whole", "weight-0"],
)
def test_shares_of_one_target_by_their_headers(before: Any, after: Any, shares: Any, settings: Any) -> None:
    """Requests that reach one target with different headers are told apart by these, unless all have the same."""
    text = {x: f'shop/checkout@east with headers.request.add.x-variant "{x}"' for x in "ab"}
    expected = tuple(Share({"none": "shop/checkout@east", **text}[x], *parts) for x, parts in shares.items())
    found = told(variants(**before), variants(**after))
    assert ([((("port 8080",),), expected, settings)] if shares or settings else []) == found


def test_headers_that_are_exchanged_among_shares() -> None:
    """Of several headers of each share it counts which go together."""
    base, head = (split((50, {"x": "1", "y": y}), (50, {"x": "2", "y": z})) for y, z in ("12", "21"))
    ((_, shares, settings),) = told(base, head)
    assert ([(0, 50), (0, 50), (50, 0), (50, 0)], ()) == (sorted((x.before, x.after) for x in shares), settings)


@pytest.mark.parametrize(
    "change",
    [
        lambda routes: [x.update(weight=1) for x in routes[0]["route"]],
        lambda routes: routes[0]["route"].reverse(),
        lambda routes: routes[0]["route"].append({**routes[0]["route"][0], "weight": 0}),
        lambda routes: routes[0].update(timeout="0s"),
        lambda routes: routes[0].update(name="any"),
        lambda routes: routes.append({**routes[0], "timeout": "9s"}),
        lambda routes: [x["destination"].pop("port") for x in routes[0]["route"]],
    ],
    ids=["weights", "order", "none", "timeout", "name", "never-taken", "port"],
)
def test_the_same_in_other_words(change: Any) -> None:
    """Equal weights, an order of destinations, defaults and what is never reached are no difference."""
    assert [] == told(*by_hand(change))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda routes: routes[0]["route"][0].update(headers={"request": {"add": {"x": "1"}}}),
            "headers.request.add.x",
        ),
        (lambda routes: routes[0].update(rewrite={"uri": "/b"}), "rewrite.uri"),
        (lambda routes: routes[0].update(somethingNew={}), "somethingNew"),
        (lambda routes: routes[0].update(mirror={"host": "cart"}), "copies to cart"),
    ],
    ids=["headers-of-one", "unknown-to-us", "empty", "mirror"],
)
def test_every_field_is_a_setting(change: Any, expected: str) -> None:
    """Fields that the review has no word for are told by their path."""
    ((_, _, (setting,)),) = told(*by_hand(change))
    assert setting.setting.startswith(expected)
    assert setting.before is None


def test_a_subset_that_is_not_defined() -> None:
    """A route to a subset that nobody defines says so."""
    made, moved = by_hand(lambda routes: routes[0]["route"][0]["destination"].update(subset="v9"))
    ((_, shares, _),) = told(made, moved)
    assert "shop/checkout@east subset v9 that is not defined" in [x.target for x in shares]
