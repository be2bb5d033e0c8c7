"""The manifest rules on objects written by hand: what each finds, beside what it leaves alone, and that no form of
object stops one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshhub_pulumi.model.existing import by_hand, key_of
from meshhub_pulumi.model.late import unknown
from meshhub_pulumi.model.manifest import Conventions, Manifests
from meshhub_pulumi.rules import MANIFEST_RULES

LATE = unknown("late")
GROUPS = {
    **dict.fromkeys(("VirtualService", "DestinationRule", "ServiceEntry"), "networking.istio.io"),
    "HTTPRoute": "gateway.networking.k8s.io",
}


def written(kind: str, name: str = "a", namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    """An object of Istio's, or an HTTPRoute."""
    group = GROUPS.get(kind, "security.istio.io")
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": meta, "spec": spec}


def found(*objects: dict[str, Any]) -> list[str]:
    """What all manifest rules find in one cluster."""
    manifests = [by_hand(key_of("east", body), body) for body in objects]
    seen = Manifests({manifest.key: manifest for manifest in manifests}, {"east": Conventions()})
    findings = [finding for rule in MANIFEST_RULES for finding in rule.check(seen)]
    return [f"{x.code} {x.where}: {x.message}" for x in findings]


def routes(*http: Any, name: str = "a", namespace: str = "shop", **more: Any) -> dict[str, Any]:
    """A VirtualService of the cart with these routes."""
    return written("VirtualService", name, namespace, **{"hosts": ["cart"], "http": list(http), **more})


def sends(*shares: tuple[str, int], **more: Any) -> dict[str, Any]:
    """A route to subsets of the cart."""
    return {"route": [{"destination": {"host": "cart", "subset": x}, "weight": w} for x, w in shares], **more}


def rule(*subsets: Any, name: str = "a", host: Any = "cart", **more: Any) -> dict[str, Any]:
    """A DestinationRule with subsets."""
    return written("DestinationRule", name, **{"host": host, "subsets": [{"name": x} for x in subsets], **more})


def access(**spec: Any) -> dict[str, Any]:
    """An AuthorizationPolicy."""
    return written("AuthorizationPolicy", **spec)


def peers(mode: Any, namespace: str = "istio-system", **more: Any) -> dict[str, Any]:
    """A PeerAuthentication."""
    return written("PeerAuthentication", "default", namespace, mtls={"mode": mode}, **more)


def entry(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    """A ServiceEntry of one host."""
    return written("ServiceEntry", name, namespace, **{"hosts": ["pay.example.com"], **spec})


def http_route(*each: Any, called: str = "a", **parent: Any) -> dict[str, Any]:
    """An HTTPRoute of the cart, or of another parent, whose rules have these matches."""
    parents = [{"kind": "Service", "name": "cart", "port": 80, **parent}]
    backends = [{"name": "cart", "port": 80}]
    listed = [{**({} if one is None else {"matches": one}), "backendRefs": backends} for one in each]
    return written("HTTPRoute", called, parentRefs=parents, rules=listed)


def path(value: Any, kind: str = "PathPrefix") -> dict[str, Any]:
    """A match by path."""
    return {"path": {"type": kind, "value": value}}


def header(value: Any, **more: Any) -> dict[str, Any]:
    """A match by the header x."""
    return {"headers": [{"name": "x", "value": value, **more}]}


EXACTLY = {"uri": {"exact": "/a"}}
EXPRESSION = "RegularExpression"
PLAIN = {"route": [{"destination": {"host": "cart"}}]}
PLAINTEXT = {"trafficPolicy": {"tls": {"mode": "DISABLE"}}}
MUTUAL = {"tls": {"mode": "ISTIO_MUTUAL"}}
CART = "cart.shop.svc.cluster.local"
SHOP = "*.shop.svc.cluster.local"
PODS = {"matchLabels": {"app": "cart"}}

GRID: dict[str, list[tuple[tuple[dict[str, Any], ...], str | None]]] = {
    "MH125": [
        ((routes({**PLAIN, "timeout": "2s", "retries": {"perTryTimeout": "1s"}}),), None),
        ((routes({**PLAIN, "timeout": "0s", "retries": {"perTryTimeout": "1s"}}),), None),
        ((routes({**PLAIN, "timeout": LATE, "retries": {"perTryTimeout": "1s"}}),), None),
        (
            (routes({**PLAIN, "timeout": "1s", "retries": {"perTryTimeout": "2s"}}),),
            "VirtualService shop/a in east: spec.http[0].retries: one try may take 2s, the whole request only 1s",
        ),
    ],
    "MH127": [
        ((routes({**PLAIN, "fault": {"delay": {"fixedDelay": "1s"}}}),), None),
        ((routes({**PLAIN, "fault": {"delay": {"fixedDelay": "1s"}}, "timeout": LATE}),), None),
        (
            (routes({**PLAIN, "fault": {"delay": {"fixedDelay": "1s"}}, "timeout": "1s"}),),
            "VirtualService shop/a in east: spec.http[0].fault: the delay is over before the timeout begins to count",
        ),
    ],
    "MH201": [
        ((routes(PLAIN), routes(PLAIN, name="b", hosts=["basket"])), None),
        ((routes(PLAIN), routes(PLAIN, name="b", gateways=["edge"])), None),
        ((routes(PLAIN), routes(PLAIN, name="b", gateways=LATE)), None),
        ((routes(PLAIN), routes(PLAIN, name="b", exportTo=LATE)), None),
        ((routes(PLAIN, exportTo=["."]), routes(PLAIN, "far", namespace="far", hosts=[CART], exportTo=["."])), None),
        (
            (routes(PLAIN), routes(PLAIN, name="b", namespace="far", hosts=[CART])),
            f"VirtualService far/b in east: spec.hosts[0]: {CART} in east is also the host of VirtualService shop/a "
            "in east",
        ),
        ((http_route(None), http_route(None, called="b")), None),
        ((http_route(None), routes(PLAIN, name="b", hosts=["basket"])), None),
        ((http_route(None), routes(PLAIN, name="b", gateways=["edge"])), None),
        ((http_route(None, kind="Gateway"), routes(PLAIN, name="b")), None),
        ((http_route(None, namespace="far"), routes(PLAIN, name="b", namespace="far", hosts=[CART])), None),
        ((http_route(None, kind="ServiceEntry", name="pay"), routes(PLAIN, name="b")), None),
        ((http_route(None, name=LATE), routes(PLAIN, name="b")), None),
        (
            (http_route(None), routes(PLAIN, name="b", namespace="far", hosts=[CART])),
            f"HTTPRoute shop/a in east: spec.parentRefs[0]: {CART} in east is also the host of VirtualService far/b in "
            "east",
        ),
        (
            (
                entry("pay", "shop"),
                written("HTTPRoute", parentRefs=[{"kind": "ServiceEntry", "name": "pay"}]),
                routes(PLAIN, name="b", hosts=["pay.example.com"]),
            ),
            "HTTPRoute shop/a in east: spec.parentRefs[0]: pay.example.com in east is also the host of VirtualService "
            "shop/b in east",
        ),
        ((entry("a", "shop"), entry("b", "shop")), None),
        (
            (entry("a", "shop"), entry("b", "far")),
            "ServiceEntry far/b in east: spec.hosts[0]: pay.example.com in east is also the host of ServiceEntry "
            "shop/a in east",
        ),
        ((rule("v1", trafficPolicy={"tls": {}}), rule("v2", name="b")), None),
        (
            (rule(trafficPolicy={"tls": {}}), rule(name="b", host=CART, trafficPolicy={"tls": {}})),
            f"DestinationRule shop/b in east: spec.host: {CART} in east is also the host of DestinationRule shop/a in "
            "east",
        ),
    ],
    "MH205": [
        ((routes({**PLAIN, "match": [{"uri": {"prefix": "/a"}}]}, PLAIN),), None),
        ((routes({**PLAIN, "match": [{"uri": LATE}]}, {**PLAIN, "match": [{"uri": LATE}]}),), None),
        ((routes({**PLAIN, "match": [{"uri": {"prefix": "/a"}}, {"port": 80}]}, PLAIN),), None),
        ((routes({**PLAIN, "match": [EXACTLY]}, {**PLAIN, "match": [{**EXACTLY, "ignoreUriCase": True}]}),), None),
        (
            (routes({**PLAIN, "match": [EXACTLY]}, {**PLAIN, "match": [{**EXACTLY, "ignoreUriCase": False}]}),),
            "VirtualService shop/a in east: spec.http[1]: route of shop/a: requests that VirtualService shop/a in "
            "east: spec.http[0] is about do not get this",
        ),
        (
            (routes(PLAIN, {**PLAIN, "match": [{"uri": {"prefix": "/a"}}, {"port": 80}]}),),
            "VirtualService shop/a in east: spec.http[1]: route of shop/a: requests that VirtualService shop/a in "
            "east: spec.http[0] is about do not get this",
        ),
        *[
            (
                (routes({**PLAIN, "match": [wide]}, {**PLAIN, "match": [narrow]} if narrow else PLAIN),),
                hidden
                and "VirtualService shop/a in east: spec.http[1]: route of shop/a: requests that VirtualService shop/a "
                "in east: spec.http[0] is about do not get this",
            )
            for wide, narrow, hidden in (
                ({"uri": {"prefix": "/"}}, None, True),
                ({"uri": {"prefix": "/"}, "ignoreUriCase": True}, {"headers": {"x": {"exact": "1"}}}, True),
                ({"uri": {"regex": ".*"}, "method": {"exact": "PUT"}}, {"method": {"exact": "PUT"}}, True),
                ({"uri": {"regex": ".*"}, "method": {"exact": "PUT"}}, None, None),
                ({"headers": {"x": {"exact": "1"}}}, {"uri": {"prefix": "/"}}, None),
                ({"name": "one", **EXACTLY}, {"name": "two", **EXACTLY}, True),
                ({"name": "one", **EXACTLY}, {"name": "one", "method": {"exact": "PUT"}}, None),
                ({"uri": {"regex": "/.*"}}, {"uri": {"prefix": "/a"}}, True),
                ({"uri": {"regex": "/.*"}}, None, True),
                ({"uri": {"regex": "/.+"}}, {"uri": {"prefix": "/a"}}, None),
                ({"uri": {"regex": "/a/.*"}}, {"uri": {"prefix": "/a/b"}}, True),
                ({"uri": {"regex": "/a/.*"}}, {"uri": {"exact": "/a"}}, None),
                ({"uri": {"prefix": "/a"}}, {"uri": {"regex": "/ab.*"}}, True),
                ({"uri": {"regex": "/v1.0.*"}}, {"uri": {"prefix": "/v1.0"}}, None),
                ({"uri": {"regex": "/a.*"}, "ignoreUriCase": True}, {"uri": {"prefix": "/a"}}, True),
                ({"uri": {"regex": "/a.*"}, "ignoreUriCase": True}, {**EXACTLY, "ignoreUriCase": True}, None),
            )
        ],
        ((http_route(None, [path("/a")]),), None),
        ((http_route([path("/")], [path(".*", EXPRESSION)]),), None),
        (
            (http_route([path("/.*", EXPRESSION)], [path(".*", EXPRESSION)], [path("/")], None),),
            "HTTPRoute shop/a in east: spec.rules[3]: route of shop/a: requests that HTTPRoute shop/a in east: "
            "spec.rules[2] is about do not get this",
        ),
        ((http_route([path("/a.*", EXPRESSION)], [path("/a")]),), None),
        ((http_route([path("/a")], [path("/a"), path("/b")]),), None),
        ((http_route([path("/a")], [path("/a", "Exact")]),), None),
        ((http_route([header("1")], [header("1", type=EXPRESSION)]),), None),
        ((http_route([path(LATE)], [path(LATE)]),), None),
        ((http_route(LATE, LATE), http_route([LATE], [LATE], called="b")), None),
        ((http_route([{**path("/a"), "cookies": []}], [{**path("/a"), "cookies": [1]}]),), None),
        (
            (http_route([path("/b"), path("/a")], [path("/a")]),),
            "HTTPRoute shop/a in east: spec.rules[1]: route of shop/a: requests that HTTPRoute shop/a in east: "
            "spec.rules[0] is about do not get this",
        ),
        (
            (http_route(None, [{"path": {}}]),),
            "HTTPRoute shop/a in east: spec.rules[1]: route of shop/a: requests that HTTPRoute shop/a in east: "
            "spec.rules[0] is about do not get this",
        ),
        (
            (http_route([header("1", type="Exact")], [{"headers": [{"name": "X", "value": "1"}], "method": None}]),),
            "HTTPRoute shop/a in east: spec.rules[1]: route of shop/a: requests that HTTPRoute shop/a in east: "
            "spec.rules[0] is about do not get this",
        ),
    ],
    "MH405": [
        ((routes(PLAIN),), None),
        (
            (routes(PLAIN, name="a" * 254),),
            f"VirtualService shop/{'a' * 254} in east: spec: the name {'a' * 40}... has 254 characters",
        ),
    ],
    "MH420": [
        ((routes(sends(("v1", 100))), rule("v1")), None),
        ((routes(sends(("v1", 100))), rule("v1", host="*.shop.svc.cluster.local")), None),
        ((routes(sends(("v1", 100))), rule("v2"), rule("v1", name="b", host=CART)), None),
        ((routes(sends(("v1", 100))), rule(LATE)), None),
        *[
            (
                (routes(sends(("v1", 100))), rule("v1", host=wide, **said), rule(*near, name="b", **more)),
                hidden
                and f"VirtualService shop/a in east: spec.http[0].route[0].destination: the subset v1 of {CART} is "
                f"defined nowhere: its DestinationRule has {'v2' if near else 'none'}",
            )
            for wide, said, near, more, hidden in (
                (SHOP, {}, ("v2",), {}, True),
                (SHOP, {}, (), {}, True),
                ("*", {"exportTo": ["."]}, ("v2",), {"exportTo": ["."]}, True),
                ("*.local", {}, ("v2",), {"host": SHOP}, True),
                (SHOP, {}, ("v2",), {"host": "*.local"}, None),
                (SHOP, {}, ("v2",), {"exportTo": ["."]}, None),
                (SHOP, {"exportTo": LATE}, ("v2",), {}, None),
                (SHOP, {}, ("v2",), {"workloadSelector": PODS}, None),
                (SHOP, {"namespace": "far"}, ("v2",), {}, None),
                (SHOP, {}, (LATE,), {}, None),
            )
        ],
        ((routes(sends(("v1", 100))), rule("v2", host=LATE)), None),
        ((routes(sends(("v1", 100))), {**rule(), "spec": LATE}), None),
        ((routes({"route": [{"destination": {"host": "cart", "subset": LATE}}]}), rule("v2")), None),
        (
            (routes(sends(("v1", 100))), rule("v3", "v2")),
            f"VirtualService shop/a in east: spec.http[0].route[0].destination: the subset v1 of {CART} is defined "
            "nowhere: its DestinationRule has v2, v3",
        ),
    ],
    "MH424": [
        ((routes(sends(("v1", 100))), rule("v1")), None),
        ((routes(sends(("v1", 100))), rule("v2", host=LATE)), None),
        (
            (routes({**PLAIN, "mirror": {"host": "cart", "subset": "v1"}}), rule("v1", host="basket")),
            f"VirtualService shop/a in east: spec.http[0].mirror: the subset v1 of {CART} is not defined here: there "
            "is no DestinationRule for this host",
        ),
    ],
    "MH421": [
        ((routes({**PLAIN, "match": [{"uri": {"regex": "/v[0-9]+"}}]}),), None),
        ((routes({**PLAIN, "match": [{"uri": {"regex": LATE}}]}),), None),
        (
            (http_route([path("(?=a)")], [path("/v[0-9]+", EXPRESSION)], [path(LATE, EXPRESSION)], [header("(?=a)")]),),
            None,
        ),
        *(
            (
                (http_route([match]),),
                f"HTTPRoute shop/a in east: spec.rules[0].matches[0].{place}.value: not a regular expression of RE2, "
                "which Envoy runs (no lookaround, no backreferences): invalid perl operator",
            )
            for place, match in (
                ("path", path("(?=a)", EXPRESSION)),
                ("headers[0]", header("(?=a)", type=EXPRESSION)),
                ("queryParams[0]", {"queryParams": header("(?=a)", type=EXPRESSION)["headers"]}),
            )
        ),
        (
            (routes({**PLAIN, "match": [{"uri": {"regex": "\ud800"}}]}),),
            "VirtualService shop/a in east: spec.http[0].match[0].uri.regex: a regular expression must not hold halves "
            "of characters (lone surrogates)",
        ),
        (
            (routes({**PLAIN, "match": [{"headers": {"x": {"regex": "(?=a)"}}}]}),),
            "VirtualService shop/a in east: spec.http[0].match[0].headers.x.regex: not a regular expression of RE2, "
            "which Envoy runs (no lookaround, no backreferences): invalid perl operator",
        ),
    ],
    "MH422": [
        ((routes(sends(("v1", 75), ("v2", 25))), rule("v1", "v2")), None),
        ((routes(sends(("v1", 1))), rule("v1")), None),
        ((routes(sends(("v1", 75), ("v2", LATE))), rule("v1", "v2")), None),  # type: ignore[arg-type]
        (
            (routes(sends(("v1", 75), ("v2", 15))), rule("v1", "v2")),
            "VirtualService shop/a in east: spec.http[0].route: the weights 75 + 15 sum to 90, so that they are not "
            "percentages",
        ),
    ],
    "MH520": [
        ((peers("DISABLE"), rule(trafficPolicy={"tls": {"mode": "SIMPLE"}})), None),
        ((peers("DISABLE"), rule(host="cart.shop.svc.west.global", trafficPolicy=MUTUAL)), None),
        (
            (
                peers("DISABLE"),
                peers("UNSET", "shop"),
                peers("STRICT", "far"),
                rule(host="api.example.com", trafficPolicy=MUTUAL),
            ),
            None,
        ),
        ((peers("DISABLE"), peers("PERMISSIVE", "shop"), rule(trafficPolicy=MUTUAL)), None),
        ((peers("DISABLE", "shop", selector=PODS), rule(trafficPolicy=MUTUAL)), None),
        ((peers(LATE), rule(trafficPolicy=MUTUAL)), None),
        (
            (peers("DISABLE"), peers("UNSET", "shop"), rule(trafficPolicy=MUTUAL)),
            f"DestinationRule shop/a in east: spec.host: {CART} is called with ISTIO_MUTUAL, which PeerAuthentication "
            "istio-system/default in east disables",
        ),
    ],
    "MH511": [
        ((peers("STRICT"), rule(trafficPolicy={"tls": {"mode": "ISTIO_MUTUAL"}})), None),
        ((peers("STRICT"), rule(host="api.example.com", **PLAINTEXT)), None),
        ((peers("STRICT"), peers("PERMISSIVE", "shop"), rule(**PLAINTEXT)), None),
        ((peers("STRICT", selector=PODS), rule(**PLAINTEXT)), None),
        ((peers(LATE), rule(**PLAINTEXT)), None),
        ((peers("STRICT"), {**peers("PERMISSIVE", "shop"), "spec": LATE}, rule(**PLAINTEXT)), None),
        ((peers("STRICT"), rule(trafficPolicy={"tls": {"mode": LATE}})), None),
        (
            (peers("STRICT"), rule(**PLAINTEXT)),
            f"DestinationRule shop/a in east: spec.trafficPolicy.tls: {CART} is called with DISABLE, but east is "
            "strict",
        ),
        (
            (peers("STRICT", "shop"), rule(trafficPolicy={"tls": {}})),
            f"DestinationRule shop/a in east: spec.trafficPolicy.tls: {CART} is called with DISABLE, but shop in east "
            "is strict",
        ),
        (
            (peers("STRICT"), rule(trafficPolicy={"tls": {"mode": "TLS"}})),
            f"DestinationRule shop/a in east: spec.trafficPolicy.tls: {CART} is called with none of Istio's modes, but "
            "east is strict",
        ),
    ],
    "MH530": [
        ((access(),), None),
        ((access(selector=PODS, rules=[{}]),), None),
        ((access(selector=PODS, rules=LATE),), None),
        (
            (access(selector=PODS),),
            "AuthorizationPolicy shop/a in east: spec: it has no rules, so that all requests to the pods it selects "
            "are refused",
        ),
        (
            (access(rules=[{}]),),
            "AuthorizationPolicy shop/a in east: spec: it has an empty rule, so that everybody may call everything in "
            "its namespace",
        ),
        (
            (access(action="DENY", rules=[]),),
            "AuthorizationPolicy shop/a in east: spec: it denies by no rules, so that it refuses nothing",
        ),
    ],
}


@pytest.mark.parametrize(("code", "objects", "expected"), [(code, *row) for code, rows in GRID.items() for row in rows])
def test_rule(code: str, objects: tuple[dict[str, Any], ...], expected: str | None) -> None:
    """A rule finds its fault, at the object and the path where it stands, and nothing else is found with it."""
    assert found(*objects) == ([f"{code} {expected}"] if expected else [])


def test_grid_is_complete() -> None:
    """Every code of every manifest rule has a red and a green row."""
    red = {code for code, rows in GRID.items() if any(expected for _, expected in rows)}
    green = {code for code, rows in GRID.items() if not all(expected for _, expected in rows)}
    assert red == green == {code for rule in MANIFEST_RULES for code in rule.codes}


NAMES = ("host", "hosts", "name", "subset")
"""What a message quotes: the names by which objects find each other, which are written everywhere in clear."""


def _with_one(value: Any, other: Any) -> Iterator[Any]:
    """Every copy of a value in which one leaf that is no name is another."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in NAMES:
                yield from ({**value, name: changed} for changed in _with_one(item, other))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from ([*value[:index], changed, *value[index + 1 :]] for changed in _with_one(item, other))
    else:
        yield other


@pytest.mark.parametrize("secret", ["hunter2", "hunter2(", "(?P<hunter2", "hunter2" * 200, ["hunter2"]], ids=range(5))
def test_only_names_are_quoted(secret: Any) -> None:
    """Every other value may be a secret: the policy pack is not told which are, and its reports are not masked."""
    for objects, _ in (row for rows in GRID.values() for row in rows):
        for index, body in enumerate(objects):
            for spec in _with_one(body["spec"], secret):
                told = found(*objects[:index], {**body, "spec": spec}, *objects[index + 1 :])
                assert "hunter2" not in "".join(told)


ANY = st.recursive(
    st.sampled_from([None, True, 0, 1.5, "", "x", "*", "1s", "STRICT", LATE]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "x", "regex"]), inner),
    max_leaves=4,
)


def _broken(value: Any, draw: st.DrawFn) -> Any:
    """A value of which some part may be anything."""
    if draw(st.integers(0, 5)) == 0:
        return draw(ANY)
    if isinstance(value, dict):
        return {name: _broken(item, draw) for name, item in value.items()}
    return [_broken(item, draw) for item in value] if isinstance(value, list) else value


@st.composite
def broken_objects(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Objects of the grid whose specs are no longer what they should be."""
    rows = [objects for rows in GRID.values() for objects, _ in rows]
    objects = [*draw(st.sampled_from(rows)), *draw(st.sampled_from(rows))]
    return [{**body, "spec": _broken(body["spec"], draw)} for body in objects]


@given(broken_objects())
def test_any_form_of_object(objects: list[dict[str, Any]]) -> None:
    """A rule judges what it can read, of whatever form the rest is; no server has looked at these objects."""
    found(*objects)
