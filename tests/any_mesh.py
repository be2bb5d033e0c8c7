"""Meshes of every kind, good and bad, for tests of what holds for all of them; and the same meshes in another order."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from hypothesis import strategies as st
from make import mesh, service, spec, to, workload

from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.route import METHODS
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec

MODES = st.sampled_from([None, "gateway-api", "smh-0.8"])
CLUSTERS = ("east", "north", "west")
NAMES = ("cart", "checkout", "menu")


def some(items: Any, largest: int = 3) -> Any:
    """A short list without repetitions."""
    return st.lists(items, max_size=largest, unique_by=repr)


ports = st.sampled_from(
    [
        *[[{"name": "http", "port": 8080}]] * 6,
        [{"name": "http", "port": 8080}, {"name": "grpc", "port": 9090, "targetPort": "grpc"}],
        [{"name": "mysql", "port": 3306}],
        [{"port": 80}],
        [{"name": "dns", "port": 53, "protocol": "UDP"}],
        [],
    ]
)
labels = st.sampled_from([{}, {"version": "v1"}, {"version": "v2"}, {"app": "checkout", "version": "v1"}])
known = st.sampled_from(CLUSTERS)
often = st.sampled_from([*CLUSTERS * 8, "wset"])
names = st.sampled_from([*NAMES * 8, "chekout"])
services = st.builds(
    lambda name, ports, selected, subsets: service(
        name, ports=ports, subsets=subsets, **({} if selected else {"selector": {}})
    ),
    st.sampled_from(NAMES),
    ports,
    st.sampled_from([True, True, True, False]),
    some(labels, 2),
)
workloads = st.builds(workload, st.sampled_from(NAMES), st.sampled_from(["v1", "v2"]))
gateways = st.sampled_from(
    [
        [],
        [{"addresses": ["10.0.0.8", "10.0.0.9"]}],
        [{"addresses": ["10.0.0.1"]}],
        [{"name": "a", "addresses": []}, {"name": "b", "namespace": "shop", "addresses": ["gw.example.com"]}],
        [{"name": "a", "namespace": "one", "addresses": ["10.0.0.2"]}, {"name": "a", "addresses": ["10.0.0.3"]}],
    ]
)
there = st.fixed_dictionaries(
    {
        "services": st.lists(services, min_size=1, max_size=3, unique_by=lambda x: x["name"]),
        "workloads": st.lists(workloads, max_size=4, unique_by=lambda x: x["name"]),
        "gateways": gateways,
        "trustDomain": st.sampled_from(["cluster.local", "one.example.com"]),
        "istioVersion": st.sampled_from(["1.9.1", "1.30.3", None]),
        "locality": st.sampled_from(
            [{}, {"region": "eu", "zone": "a"}, {"region": "eu", "zone": "b"}, {"region": "us"}]
        ),
    }
)
seen = st.fixed_dictionaries(dict.fromkeys(CLUSTERS, there)) | st.dictionaries(known, there, min_size=1)
references = st.builds(lambda name, where: to(where, name), names, st.none() | often)
matchers = st.fixed_dictionaries({}, optional={"namespaces": st.just(["shop"]), "clusters": some(often, 2)})
destinations = st.one_of(references, references, matchers)
places = st.builds(
    lambda ref, where, subset, port: {
        **ref,
        "cluster": where,
        "subset": subset,
        **({"port": port} if port else {}),
    },
    references,
    often,
    st.just({}) | labels,
    st.sampled_from([None, None, 8080]),
)
targets = st.one_of(
    places,
    st.builds(lambda subset: {"failoverService": "ha", "namespace": "shop", "subset": subset}, st.just({}) | labels),
)
shares = st.sampled_from([[100], [60, 40], [50, 49]]).flatmap(
    lambda weights: st.tuples(*[targets for _ in weights]).map(
        lambda chosen: [{"destination": x, "weight": w} for x, w in zip(chosen, weights, strict=True)]
    )
)
percentages = st.sampled_from([{}, {"percentage": 0}, {"percentage": 12.5}, {"percentage": 100.0}])
mirrors = st.builds(lambda where, percentage: {"destination": where, **percentage}, places, percentages)
faults = st.builds(
    lambda fault, percentage: {name: {**said, **percentage} for name, said in fault.items()},
    st.sampled_from(
        [
            {"delay": {"fixed_delay": "1s"}},
            {"delay": {"exponential_delay": "1s"}},
            {"abort": {"http_status": 503}, "delay": {"fixed_delay": "2s"}},
        ]
    ),
    percentages,
)
header_names = some(st.sampled_from(["x-a", "X-A", "x-b"]), 2)
headers = st.fixed_dictionaries(
    {}, optional={"append_request_headers": st.just({"x-a": "1"}), "remove_response_headers": header_names}
)
origins = st.sampled_from([{"exact": "*"}, {"prefix": "https://"}, {"regex": "https://a[.].+"}])
cors = st.fixed_dictionaries(
    {"allow_origins": some(origins)}, optional={"allow_headers": header_names, "allow_credentials": st.booleans()}
)
texts = st.sampled_from(["", "x", "y"])
parts = st.fixed_dictionaries({"name": st.sampled_from(["a", "b"]), "value": texts, "regex": st.booleans()})
header_parts = st.builds(lambda part, invert: {**part, "invert": invert}, parts, st.booleans())
paths = st.sampled_from([{}, {"prefix": "/a"}, {"prefix": "/ab"}, {"exact": "/a"}, {"regex": "/[a-z]"}])
matches = st.builds(
    lambda path, rest: {**path, **rest},
    paths,
    st.fixed_dictionaries(
        {},
        optional={
            "headers": st.lists(header_parts, max_size=2, unique_by=lambda x: x["name"]),
            "queryParameters": st.lists(parts, max_size=2, unique_by=lambda x: x["name"]),
            "method": st.sampled_from(METHODS),
        },
    ),
)
callers = st.fixed_dictionaries(
    {},
    optional={"labels": labels, "namespaces": some(st.sampled_from(["shop", "front"]), 2), "clusters": some(often)},
)
policies = st.builds(
    lambda name, args: spec("TrafficPolicy", name, **args),
    st.sampled_from("abcd"),
    st.fixed_dictionaries(
        {"destinations": some(destinations), "sources": some(callers, 2), "matches": some(matches, 2)},
        optional={
            "timeout": st.sampled_from(["1s", "2s"]),
            "traffic_shift": shares,
            "retries": st.just({"attempts": 2}),
            "fault_injection": faults,
            "mirror": mirrors,
            "header_manipulation": headers,
            "cors_policy": cors,
            "outlier_detection": st.just({}),
            "tls": st.just({"mode": "DISABLE"}),
            "priority": st.sampled_from([0, 1]),
        },
    ),
)
identities = st.one_of(
    st.fixed_dictionaries({"namespaces": some(st.sampled_from(["shop", "front"]), 2), "clusters": some(often, 2)}),
    st.builds(lambda where: {"serviceAccount": "web", "namespace": "shop", "cluster": where}, st.none() | often),
)
accesses = st.builds(
    lambda name, args: spec("AccessPolicy", name, **args),
    st.sampled_from("abcd"),
    st.fixed_dictionaries(
        {
            "destinations": some(destinations),
            "sources": some(identities),
            "paths": some(st.sampled_from(["/a", "/b*", "*c"])),
            "methods": some(st.sampled_from(METHODS)),
            "ports": some(st.sampled_from([80, 443])),
        }
    ),
)
orders = st.sampled_from(
    [
        {},
        {"order": "listed"},
        {"order": "nearest"},
        {"order": "nearest", "next_regions": [{"region": "us", "to": ["eu"]}]},
    ]
)
failovers = st.builds(
    lambda name, order, args: spec("FailoverService", name, **order, **args),
    st.sampled_from(["ha", "other"]),
    orders,
    st.fixed_dictionaries(
        {
            "hostname": st.sampled_from(["ha.shop.global", "other.shop.global"]),
            "port": st.sampled_from([{"number": 8080}, {"number": 80, "protocol": "TCP"}]),
            "backing_services": st.lists(st.builds(to, known, names), min_size=1, max_size=3),
            "clusters": some(often, 2),
            "mode": st.sampled_from([None, "locality", "aggregate"]),
        }
    ),
)
federations = st.sampled_from(
    [
        "referenced",
        "none",
        "permissive",
        [{"destinations": [{"namespaces": ["shop"]}], "clusters": ["east", "wset"]}, {"destinations": [to("west")]}],
    ]
)
joined = st.builds(
    lambda name, args: spec("VirtualMesh", name, "default", **args),
    st.sampled_from(["one", "two"]),
    st.fixed_dictionaries(
        {
            "clusters": st.lists(often, min_size=1, max_size=3, unique=True),
            "federation": federations,
            "virtual_ip": st.sampled_from(["hash", "auto", "none"]),
            "strict_mtls": st.booleans(),
            "global_access_policy": st.sampled_from(["mesh_default", "enabled"]),
        }
    ),
)
rules = st.sampled_from(
    [
        *([()] * 4),
        [
            {
                "gateways": [
                    {"name": "a", "namespace": "one"},
                    {"name": "istio-eastwestgateway", "namespace": "istio-system"},
                ]
            }
        ],
        [{"gateways": [{"clusters": ["east"]}], "port_name": "tls"}, {"gateways": [{"namespaces": ["shop"]}]}],
    ]
)
whole = st.builds(
    lambda federation, rules: mesh(*CLUSTERS, federation=federation, east_west_gateways=rules), federations, rules
)
asked = st.lists(st.one_of(policies, policies, accesses, failovers), max_size=5)
specs = st.builds(lambda one, others: [one, *others], whole, asked) | st.lists(st.one_of(joined, policies), max_size=3)
meshes = st.tuples(specs, seen.map(lambda clusters: MeshSnapshot(clusters=clusters)))


ORDER_FREE = {
    *("allowHeaders", "allowOrigins", "removeResponseHeaders"),
    *("clusters", "destinations", "headers", "matches", "methods", "namespaces", "paths", "queryParameters"),
    *("services", "sources", "subsets", "workloads"),
}


def shuffled(value: Any, random: Random, key: str = "") -> Any:
    """A value with all lists whose order means nothing in another order."""
    if isinstance(value, Mapping):
        items = [(name, shuffled(item, random, name)) for name, item in value.items()]
        return dict(random.sample(items, len(items)))
    if isinstance(value, list):
        moved = [shuffled(item, random) for item in value]
        return random.sample(moved, len(moved)) if key in ORDER_FREE else moved
    return value


def other_order(item: Spec, random: Random) -> Spec:
    """The same spec, written in another order."""
    said = item.args.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
    return Spec(item.kind, item.name, item.namespace, KINDS[item.kind].args(**shuffled(said, random)))


def unique(items: list[Spec]) -> list[Spec]:
    """Each key once: of two specs with one key the order decides, and is an error."""
    return list({item.key: item for item in items}.values())
