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

from hypothesis import given, settings
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
POLICIES = st.lists(
    st.builds(
        lambda matches, sources, done: {"matches": matches, "sources": sources, **done},
        st.lists(MATCHES, max_size=2),
        st.lists(st.sampled_from([{"namespaces": ["shop"]}, {"labels": {"app": "web"}}]), max_size=1),
        DONE,
    ),
    max_size=4,
)
REQUESTS = [
    {"path": path, "method": method, "a": a, "b": b, "namespace": namespace, "app": app}
    for path, method, a, b, namespace, app in product(
        ("/", "/a", "/abc", "/b"), ("GET", "PUT"), (None, "x", "z"), (None, "y"), ("shop", "front"), ("web", "cart")
    )
]


def made(policies: list[Mapping[str, Any]]) -> Compiled:
    """A mesh with some policies about the checkout in east."""
    return compiled(mesh(), *(traffic(f"p{number}", **said) for number, said in enumerate(policies)))


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
        and match.get("sourceNamespace", request["namespace"]) == request["namespace"]
        and match.get("sourceLabels", {}).get("app", request["app"]) == request["app"]
    )


def one(text: Mapping[str, str]) -> tuple[str, str]:
    """The form of a text and its value."""
    return next(iter(text.items()), ("present", ""))


def treated(mesh: Compiled, request: Mapping[str, Any]) -> Any:
    """What happens to a request."""
    itself = {"shop/checkout@east": 1}
    routes = [
        m.body["spec"]["http"] for k, m in mesh.manifests.items() if (k.kind, k.cluster) == ("VirtualService", "east")
    ]
    if not routes:
        return itself, None
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


@settings(max_examples=150)
@given(POLICIES, POLICIES)
def test_every_request_that_is_treated_differently_is_told(before: Any, after: Any) -> None:
    """Each such request fits a condition that is told; where nothing is told, no request is treated differently."""
    base, head = made(before), made(after)
    told = [requests for x in effect(base, head).traffic if x.seen.cluster == "east" for requests in x.requests]
    missed = [
        json.dumps(request)
        for request in REQUESTS
        if treated(base, request) != treated(head, request)
        and not any(all(about(x, request) for x in requests) for requests in told)
    ]
    assert [] == missed
