"""Matches in a real mesh: a condition takes just the requests that it says, and the narrowest route wins."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from outcome import outcome
from written import traffic_policy, virtual_mesh, written

from lab.mesh.pod import Pod
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

MESH = virtual_mesh("kind2", "kind3", federation="permissive")
REVIEWS = {"name": "reviews", "namespace": "default"}
REST = traffic_policy("rest", destinations=[REVIEWS], timeout="5s")
HOME, FEDERATED = "http://reviews:9080", "http://reviews.default.svc.kind3.global:9080"
FEDERATED_KIND2 = "http://reviews.default.svc.kind2.global:9080"
ANYWHERE = "http://reviews.default:9080"
"""The service at home, by a name that callers in other namespaces can use as well."""
TAKEN = "x-taken-by"
"""By which header of the response one sees whose route a request took."""


class Request(NamedTuple):
    """A request that some route may take."""

    path: str = "/"
    headers: Mapping[str, str] = MappingProxyType({})
    method: str = "GET"


FORMS = {
    "an exact path": (
        {"exact": "/exact"},
        [Request("/exact"), Request("/exact?a=1")],
        [Request("/exact/"), Request("/exactly"), Request("/EXACT"), Request("/an/exact")],
    ),
    "a prefix": (
        {"prefix": "/pre"},
        [Request("/pre"), Request("/prefix/x")],
        [Request("/pr"), Request("/a/pre"), Request("/?/pre")],
    ),
    "a regex": (
        {"regex": "/[a-z]+/[0-9]+"},
        [Request("/items/7"), Request("/items/7?page=x")],
        [Request("/items/7/parts"), Request("/items/x"), Request("/all/items/7")],
    ),
    "a method": ({"method": "PUT"}, [Request(method="PUT")], [Request(), Request(method="PATCH")]),
    "a method at a path": (
        {"prefix": "/post", "method": "POST"},
        [Request("/post", method="POST")],
        [Request("/post"), Request("/get", method="POST")],
    ),
    "a header's value": (
        {"headers": [{"name": "X-Value", "value": "eve"}]},
        [Request(headers={"x-value": "eve"})],
        [Request(), Request(headers={"x-value": "Eve"}), Request(headers={"x-value": "evelyn"})],
    ),
    "a header's expression": (
        {"headers": [{"name": "x-fits", "value": "e.*", "regex": True}]},
        [Request(headers={"x-fits": "e"}), Request(headers={"x-fits": "evelyn"})],
        [Request(headers={"x-fits": "steve"}), Request(headers={"x-fits": ""})],
    ),
    "a header": (
        {"headers": [{"name": "x-there"}]},
        [Request(headers={"x-there": "yes"}), Request(headers={"x-there": ""})],
        [Request(headers={"x-other": "yes"})],
    ),
    "two headers": (
        {"headers": [{"name": "x-one", "value": "1"}, {"name": "x-two", "value": ".*", "regex": True}]},
        [Request(headers={"x-one": "1", "x-two": "2"})],
        [Request(headers={"x-one": "1"}), Request(headers={"x-one": "2", "x-two": "2"})],
    ),
    "not a header's value": (
        {"prefix": "/not-value", "headers": [{"name": "x-not", "value": "eve", "invert": True}]},
        [Request("/not-value"), Request("/not-value", {"x-not": "bob"})],
        [Request("/not-value", {"x-not": "eve"})],
    ),
    "not a header's expression": (
        {"prefix": "/not-fits", "headers": [{"name": "x-not", "value": "e.+", "regex": True, "invert": True}]},
        [Request("/not-fits"), Request("/not-fits", {"x-not": "bob"})],
        [Request("/not-fits", {"x-not": "evelyn"})],
    ),
    "no header": (
        {"prefix": "/no-header", "headers": [{"name": "x-not", "invert": True}]},
        [Request("/no-header"), Request("/no-header", {"x-other": "eve"})],
        [Request("/no-header", {"x-not": "eve"}), Request("/no-header", {"x-not": ""})],
    ),
    "a parameter's value": (
        {"queryParameters": [{"name": "value", "value": "shoes"}]},
        [Request("/?value=shoes"), Request("/any?a=1&value=shoes")],
        [Request("/?value=Shoes"), Request("/?value=shoes2"), Request("/?values=shoes"), Request("/value=shoes")],
    ),
    "a parameter's expression": (
        {"queryParameters": [{"name": "fits", "value": "s.*", "regex": True}]},
        [Request("/?fits=s"), Request("/?fits=shoes")],
        [Request("/?fits="), Request("/?fits=hats")],
    ),
    "a parameter": (
        {"queryParameters": [{"name": "page"}]},
        [Request("/?page=2"), Request("/?page="), Request("/?page"), Request("/?a=1&page=x")],
        [Request("/?pages=2"), Request("/page")],
    ),
    "two parameters": (
        {"queryParameters": [{"name": "one", "value": "1"}, {"name": "two"}]},
        [Request("/?two=2&one=1")],
        [Request("/?one=1"), Request("/?one=2&two=2")],
    ),
}
"""A match of each form, with requests that it takes and some that it does not."""


def test_what_a_match_takes(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """The requests of its form and no others, of the service at home and of the one in the other cluster."""
    policies = [_policy(name, matches=[match]) for name, (match, _, _) in FORMS.items()]
    live.apply(written(snapshot, MESH, REST, *policies))
    client = live["kind2"].pod("client")
    for name, (_, taken, left) in FORMS.items():
        expected = {repr(request): name for request in taken} | {repr(request): None for request in left}
        assert expected == {repr(request): _taken(client, HOME, request) for request in (*taken, *left)}
        # The routes are the same there: one request of each kind tells.
        assert (name, None) == (_taken(client, FEDERATED, taken[0]), _taken(client, FEDERATED, left[-1])), name


def test_a_missing_header_fits_no_expression(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """So an inverted header is the opposite of the header itself, also for an expression that an empty value fits."""
    header = {"name": "x-user", "value": "e*", "regex": True}
    live.apply(
        written(
            snapshot,
            MESH,
            REST,
            _policy("fits", matches=[{"prefix": "/plain", "headers": [header]}]),
            _policy("fits not", matches=[{"prefix": "/inverted", "headers": [{**header, "invert": True}]}]),
        )
    )
    client = live["kind2"].pod("client")
    assert (None, "fits not") == (_taken(client, HOME, Request("/plain")), _taken(client, HOME, Request("/inverted")))


def test_what_no_match_takes(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """A policy says nothing of other requests: they are served as if it was not there."""
    live.apply(written(snapshot, MESH, _policy("a path", matches=[{"prefix": "/path"}])))
    client = live["kind2"].pod("client")
    for host, cluster in ((HOME, "kind2"), (FEDERATED, "kind3")):
        assert cluster == outcome(client.call(f"{host}/path")[0])
        assert cluster == outcome(client.call(f"{host}/other")[0])


NARROWEST_FIRST = [
    ("an exact path", {"exact": "/a/longest"}),
    ("a regex", {"regex": "/a/[a-z]+"}),
    ("a long prefix", {"prefix": "/a/long"}),
    ("a short prefix", {"prefix": "/a"}),
    ("two headers", {"headers": [{"name": "x-user", "value": "eve"}, {"name": "x-debug"}]}),
    ("a header's value", {"headers": [{"name": "x-user", "value": "eve"}]}),
    ("a header's expression", {"headers": [{"name": "x-user", "value": "e.*", "regex": True}]}),
    ("a header", {"headers": [{"name": "x-user"}]}),
    ("a parameter's value", {"queryParameters": [{"name": "q", "value": "shoes"}]}),
    ("a parameter", {"queryParameters": [{"name": "q"}]}),
    ("labels of callers", {"labels": {"app": "client"}}),
    ("a namespace of callers", {"namespaces": ["default"]}),
    ("a method", {"method": "GET"}),
    ("an inverted header", {"headers": [{"name": "x-robot", "invert": True}]}),
    ("everything", {}),
]
EVE = {"x-user": "eve"}
FITS_FIRST = [
    ("client", Request("/a/longest?q=shoes", {**EVE, "x-debug": "1"}), "an exact path"),
    ("client", Request("/a/longer?q=shoes", {**EVE, "x-debug": "1"}), "a regex"),
    ("client", Request("/a/long7?q=shoes", EVE), "a long prefix"),
    ("client", Request("/a/7?q=shoes", EVE), "a short prefix"),
    ("client", Request("/?q=shoes", {**EVE, "x-debug": ""}), "two headers"),
    ("client", Request("/?q=shoes", EVE), "a header's value"),
    ("client", Request("/?q=shoes", {"x-user": "evelyn"}), "a header's expression"),
    ("client", Request("/?q=shoes", {"x-user": "bob"}), "a header"),
    ("client", Request("/?q=shoes"), "a parameter's value"),
    ("client", Request("/?q=hats"), "a parameter"),
    ("client", Request(), "labels of callers"),
    ("ratings-v1", Request(), "a namespace of callers"),
    ("visitor", Request(), "a method"),
    ("visitor", Request(method="POST"), "an inverted header"),
    ("visitor", Request(method="POST", headers={"x-robot": "1"}), "everything"),
]
"""Each of these fits the route of its name and all that come after it, so that the order alone decides."""


@pytest.mark.parametrize("step", [1, -1], ids=["narrowest first", "widest first"])
def test_the_narrowest_route_wins(live: LiveMesh, snapshot: MeshSnapshot, step: int) -> None:
    """Whatever the order of the policies, in the documents and by their names."""
    policies = []
    for number, (name, condition) in enumerate(NARROWEST_FIRST[::step]):
        sources = [condition] if {"labels", "namespaces"} & condition.keys() else []
        matches = [condition] if condition and not sources else []
        policies.append(_policy(name, f"p{number:02}", sources=sources, matches=matches))
    live.apply(written(snapshot, MESH, *policies))
    expected = {name: name for *_, name in FITS_FIRST}
    assert expected == {name: _taken(live["kind2"].pod(pod), ANYWHERE, request) for pod, request, name in FITS_FIRST}


CALLERS = ("kind2/client", "kind2/visitor", "kind3/client", "kind3/visitor")
SOURCES = {
    "labels": ([{"labels": {"app": "client"}}], {"kind2/client", "kind3/client"}),
    "namespace": ([{"namespaces": ["elsewhere"]}], {"kind2/visitor", "kind3/visitor"}),
    "cluster": ([{"clusters": ["kind2"]}], {"kind2/client", "kind2/visitor"}),
    "either": (
        [{"labels": {"app": "client"}, "clusters": ["kind3"]}, {"namespaces": ["elsewhere"], "clusters": ["kind2"]}],
        {"kind3/client", "kind2/visitor"},
    ),
}
"""Whom a policy is about, and which of the callers those are."""


def test_whose_requests_a_policy_takes(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Those of the callers that are meant, for the service of their own cluster and that of the other alike."""
    policies = [
        _policy(name, matches=[{"prefix": f"/{name}"}], sources=sources) for name, (sources, _) in SOURCES.items()
    ]
    live.apply(written(snapshot, MESH, REST, *policies))
    for name, (_, meant) in SOURCES.items():
        expected = {caller: name if caller in meant else None for caller in CALLERS}
        for hosts in (dict.fromkeys(live, ANYWHERE), {"kind2": FEDERATED, "kind3": FEDERATED_KIND2}):
            taken = {}
            for caller in CALLERS:
                cluster, _, pod = caller.partition("/")
                taken[caller] = _taken(live[cluster].pod(pod), hosts[cluster], Request(f"/{name}"))
            assert expected == taken, (name, hosts)


def _policy(says: str, name: str = "", **spec: Any) -> dict[str, Any]:
    """A policy whose route one recognises by what it says."""
    return traffic_policy(
        name or says.replace(" ", "-").replace("'", ""),
        destinations=[REVIEWS],
        headerManipulation={"appendResponseHeaders": {TAKEN: says}},
        **spec,
    )


def _taken(pod: Pod, host: str, request: Request) -> str | None:
    """What the route that the request took says of itself; None where it took none of a policy."""
    [answer] = pod.call(f"{host}{request.path}", method=request.method, headers=request.headers)
    assert 200 == answer.status, answer
    return answer.headers.get(TAKEN)
