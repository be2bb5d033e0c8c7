"""Reviews of routes against requests: whatever request is treated differently, some condition that is told is about it.

The requests are tried one by one, on the objects and without the code of the review.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from make import compiled, mesh, shift, to, traffic
from sides import effect

from meshhub_pulumi.engine.compile import Compiled

HEADERS = st.builds(
    lambda name, value, regex, invert: {"name": name, "value": value, "regex": regex, "invert": invert},
    st.sampled_from("ab"),
    st.sampled_from(["", "x", "y"]),
    st.booleans(),
    st.booleans(),
)
PATHS = st.sampled_from([{}, {"prefix": "/"}, {"prefix": "/a"}, {"prefix": "/ab"}, {"exact": "/a"}, {"regex": "/a.*"}])
MATCHES = st.builds(
    lambda path, headers, method: {**path, "headers": headers, **method},
    PATHS,
    st.lists(HEADERS, max_size=2, unique_by=lambda x: x["name"]),
    st.sampled_from([{}, {}, {"method": "GET"}]),
)
DONE = st.sampled_from(
    [
        {"timeout": "1s"},
        {"timeout": "2s"},
        {"traffic_shift": shift((to("west"), 100))},
        {"traffic_shift": shift((to("west"), 50), (to("east"), 50))},
    ]
)
WEB = [{"labels": {"app": "web"}}]
SOURCES = st.sampled_from([[], [{"namespaces": ["shop"]}], WEB, [{"namespaces": ["shop"], "labels": {"app": "web"}}]])


def policies(matches: Any) -> Any:
    """Some policies with any such matches."""
    one = st.builds(
        lambda matches, sources, done: {"matches": matches, "sources": sources, **done},
        st.lists(matches, max_size=2),
        SOURCES,
        DONE,
    )
    return st.lists(one, max_size=4)


POLICIES = policies(MATCHES)
COMPARABLE = policies(PATHS.filter(lambda path: "regex" not in path))
REQUESTS = [
    {"path": path, "method": method, "a": a, "b": b, "namespace": namespace, "app": app}
    for path, method, a, b, namespace, app in product(
        ("/", "/a", "/abc", "/b"), ("GET", "PUT"), (None, "x", "z"), (None, "y"), ("shop", "front"), ("web", "cart")
    )
]


def made(policies: list[Mapping[str, Any]], compat: str | None) -> Compiled:
    """A mesh with some policies about the checkout in east."""
    return compiled(mesh(), *(traffic(f"p{number}", **said) for number, said in enumerate(policies)), compat=compat)


def fits(form: str, value: str, text: str | None) -> bool:
    """Whether a text is there and is as it must be."""
    if text is None:
        return False
    tests = {"exact": text == value, "prefix": text.startswith(value), "present": True}
    return bool(re.fullmatch(value, text)) if form == "regex" else tests[form]


def taken(match: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Whether a match takes a request."""
    said = [("path", match.get("uri")), ("method", match.get("method")), *match.get("headers", {}).items()]
    without = match.get("withoutHeaders", {}).items()
    return (
        all(fits(*one(x), request[name]) for name, x in said if x is not None)
        and not any(fits(*one(x), request[name]) for name, x in without)
        and known(match, request)
    )


def known(match: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Whether istiod gives a match to the proxy of a request's caller."""
    labels = match.get("sourceLabels", {})
    return match.get("sourceNamespace") in (None, request["namespace"]) and labels.items() <= request.items()


def one(text: Mapping[str, str]) -> tuple[str, str]:
    """The form of a text and its value."""
    return next(iter(text.items()), ("present", ""))


def treated(mesh: Compiled, request: Mapping[str, Any]) -> Any:
    """What happens to a request."""
    itself = {"shop/checkout@east": 1}
    routes = [
        m.body["spec"]["http"] for k, m in mesh.manifests.items() if (k.kind, k.cluster) == ("VirtualService", "east")
    ]
    matches = [match for http in routes for route in http for match in route.get("match", [{}])]
    if not any(known(match, request) for match in matches):
        return itself, None  # a proxy without any of its routes knows nothing of a VirtualService
    for route in routes[0]:
        if any(taken(match, request) for match in route.get("match", [{}])):
            whole = sum(x.get("weight", 100) for x in route["route"])
            shares = {x["destination"]["host"]: str(Fraction(x.get("weight", 100), whole)) for x in route["route"]}
            own = {"checkout.shop.svc.cluster.local": "1"}
            return itself if shares == own else shares, route.get("timeout")
    return "404"


def about(constraint: str, request: Mapping[str, Any]) -> bool:
    """Whether a constraint as it is told holds for a request."""
    words = constraint.split(" ")
    match words:
        case ["port", _]:
            return True
        case ["caller", "namespace", "is", value]:
            return request["namespace"] == value
        case ["caller", "label", name, "is", value]:
            return request[name] == value
        case ["without", "header", name, form, *value]:
            return not fits(form, "".join(value), request[name])
        case ["header", name, form, *value]:
            return fits(form, "".join(value), request[name])
        case [field, form, *value]:
            return fits(form, "".join(value), request[field])
    raise AssertionError(constraint)


@settings(max_examples=300)
@example([], [{"sources": WEB, "timeout": "1s"}], None)
@example([], [{"sources": WEB, "matches": [{"prefix": "/a"}], "timeout": "1s"}], "smh-0.8")
@example(
    [{"sources": WEB, "matches": [{"prefix": "/a"}], "timeout": "1s"}],
    [{"matches": [{"prefix": "/b"}], "traffic_shift": shift((to("east"), 100))}],
    "smh-0.8",
)
@given(POLICIES, POLICIES, st.sampled_from([None, "smh-0.8"]))
def test_every_request_that_is_treated_differently_is_told(before: Any, after: Any, compat: str | None) -> None:
    """Each such request fits a condition that is told; where nothing is told, no request is treated differently."""
    base, head = made(before, compat), made(after, compat)
    told = [requests for x in effect(base, head).traffic if x.seen.cluster == "east" for requests in x.requests]
    missed = [
        json.dumps(request)
        for request in REQUESTS
        if treated(base, request) != treated(head, request)
        and not any(all(about(x, request) for x in requests) for requests in told)
    ]
    assert [] == missed


@settings(max_examples=300)
@given(COMPARABLE, COMPARABLE, st.sampled_from([None, "smh-0.8"]))
def test_no_request_is_told_for_nothing(before: Any, after: Any, compat: str | None) -> None:
    """Of the requests of each condition that is told some are treated differently, if any of them is tried."""
    base, head = made(before, compat), made(after, compat)
    told = [requests for x in effect(base, head).traffic if x.seen.cluster == "east" for requests in x.requests]
    tried = [[request for request in REQUESTS if all(about(x, request) for x in requests)] for requests in told]
    for same in tried:
        assert not same or any(treated(base, request) != treated(head, request) for request in same)
