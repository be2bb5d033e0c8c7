"""What holds for every mesh: order never shows, names are contracts, bad input is a finding."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from graphlib import TopologicalSorter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make import compiled, mesh, service, spec, to, traffic, workload
from pydantic import TypeAdapter, ValidationError

from meshhub_pulumi.engine.attach import attach
from meshhub_pulumi.engine.compile import Compiled
from meshhub_pulumi.engine.patch import patch
from meshhub_pulumi.features import FEATURES
from meshhub_pulumi.features.failover import tier_keys, tier_labels
from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.error import ArgsError
from meshhub_pulumi.model.host import sanitize, subset_name, virtual_ip
from meshhub_pulumi.model.route import METHODS, HttpMatch, route_keys
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.model.units import Duration, Labels, milliseconds
from meshhub_pulumi.model.workload import WorkloadSelector
from meshhub_pulumi.report.yaml_text import print_yaml
from meshhub_pulumi.rules.place import hosts_of
from meshhub_pulumi.standard import compile_standard

settings.register_profile("meshhub", deadline=None, derandomize=True)
settings.load_profile("meshhub")

ROUTES = ("HTTPRoute", "VirtualService")
MODES = st.sampled_from([None, "gateway-api", "smh-0.8"])
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")

# --- meshes of every kind, good and bad ----------------------------------------------------------------------------

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
failovers = st.builds(
    lambda name, args: spec("FailoverService", name, **args),
    st.sampled_from(["ha", "other"]),
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
whole = federations.map(lambda federation: mesh(*CLUSTERS, federation=federation))
asked = st.lists(st.one_of(policies, policies, accesses, failovers), max_size=5)
specs = st.builds(lambda one, others: [one, *others], whole, asked) | st.lists(st.one_of(joined, policies), max_size=3)
meshes = st.tuples(specs, seen.map(lambda clusters: MeshSnapshot(clusters=clusters)))


def outcome(made: Compiled) -> tuple[Any, Any]:
    """What a user sees, without the positions in lists."""
    bodies = [(key, manifest.body, sorted(manifest.after)) for key, manifest in made.manifests.items()]
    where = [(x.code, x.message.count(" "), re.sub(r"\[\d+\]", "", str(x.where))) for x in made.findings]
    return bodies, sorted(where)


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


@settings(max_examples=300)
@given(meshes, MODES)
def test_every_mesh_compiles(given: tuple[list[Spec], MeshSnapshot], compat: str | None) -> None:
    """Whatever is asked of whatever exists ends in manifests and findings, never in an exception."""
    made = compiled(*given[0], seen=given[1], compat=compat)
    assert all(key.kind == manifest.body["kind"] for key, manifest in made.manifests.items())


@settings(max_examples=200)
@given(meshes, MODES, st.randoms(use_true_random=False))
def test_order_never_shows(given: tuple[list[Spec], MeshSnapshot], compat: str | None, random: Random) -> None:
    """Specs, and items of lists whose order means nothing, in another order give the same manifests and findings."""
    asked, exists = unique(given[0]), given[1]
    moved = [other_order(item, random) for item in random.sample(asked, len(asked))]
    there = MeshSnapshot(**shuffled(exists.model_dump(mode="json", by_alias=True), random))
    one, other = compiled(*asked, seen=exists, compat=compat), compiled(*moved, seen=there, compat=compat)
    assert outcome(other) == outcome(one)


@settings(max_examples=100)
@given(meshes, MODES, st.randoms(use_true_random=False))
def test_merging_is_commutative(given: tuple[list[Spec], MeshSnapshot], compat: str | None, random: Random) -> None:
    """Attachments in any order make the same objects with the same owners, and meet the same conflicts."""
    view = compiled(*unique(given[0]), seen=given[1], compat=compat).view
    attachments, _ = attach(view, KINDS, FEATURES)
    one = patch(attachments, view, FEATURES)
    other = patch(random.sample(attachments, len(attachments)), view, FEATURES)
    assert other.trees == one.trees
    assert set(other.findings) == set(one.findings)


@settings(max_examples=100)
@given(meshes, MODES)
def test_objects_can_be_applied_in_order(given: tuple[list[Spec], MeshSnapshot], compat: str | None) -> None:
    """What an object must follow exists, and nothing follows itself, not even round a corner."""
    manifests = compiled(*given[0], seen=given[1], compat=compat).manifests
    order = TopologicalSorter({key: manifest.after for key, manifest in manifests.items()})
    assert set(order.static_order()) == manifests.keys()


@settings(max_examples=100)
@given(meshes, MODES)
def test_names_of_policies_are_free(given: tuple[list[Spec], MeshSnapshot], compat: str | None) -> None:
    """Renaming policies changes no manifest's key, because what they are about keeps its name."""
    asked = unique(given[0])
    policies = ("TrafficPolicy", "AccessPolicy")
    others = dict(zip("abcd", "zyxw", strict=True))
    renamed = [
        Spec(item.kind, others[item.name] if item.kind in policies else item.name, item.namespace, item.args)
        for item in asked
    ]
    one, other = compiled(*asked, seen=given[1], compat=compat), compiled(*renamed, seen=given[1], compat=compat)
    assert list(other.manifests) == list(one.manifests)


@settings(max_examples=100)
@given(meshes, MODES)
def test_policies_keep_to_themselves(given: tuple[list[Spec], MeshSnapshot], compat: str | None) -> None:
    """A policy about a service that nobody else speaks of leaves the objects of all others as they are."""
    alone = [service("alone")]
    exists = MeshSnapshot(
        clusters={
            name: {**there.model_dump(), "services": [*there.model_dump()["services"], *alone]}
            for name, there in given[1].clusters.items()
        }
    )
    asked = [item for item in unique(given[0]) if item.kind not in ("TrafficPolicy",) or item.args.destinations]  # type: ignore[attr-defined]
    added = traffic("added", None, destinations=[to(None, "alone")], timeout="7s", outlier_detection={})
    before = compiled(*asked, seen=exists, compat=compat).manifests
    after = compiled(*asked, added, seen=exists, compat=compat).manifests
    kept = {key: manifest.body for key, manifest in before.items() if "alone" not in str(manifest.body)}
    assert {key: after[key].body for key in kept} == kept


@settings(max_examples=100)
@given(meshes, meshes, MODES, MODES)
def test_a_compile_before_changes_nothing(
    given: tuple[list[Spec], MeshSnapshot], other: tuple[list[Spec], MeshSnapshot], mode: str | None, then: str | None
) -> None:
    """Whatever was compiled before, of the same clusters or of others, the same comes out as without it."""
    alone = compile_standard(given[0], given[1], mode)
    for specs, exists in ((other[0], given[1]), other):
        after = compile_standard(given[0], given[1], mode, before=compile_standard(specs, exists, then))
        assert print_yaml(alone.manifests) == print_yaml(after.manifests)
        assert (alone.manifests, alone.findings) == (after.manifests, after.findings)


@settings(max_examples=200)
@given(meshes, MODES)
def test_weights_are_in_routes_alone(given: tuple[list[Spec], MeshSnapshot], compat: str | None) -> None:
    """Other weights for the same destinations change routes and nothing else."""

    def reweighed(item: Spec) -> Spec:
        shares = getattr(item.args, "traffic_shift", None)
        if not shares:
            return item
        weights = [share.weight for share in reversed(shares)]
        moved = [share.model_copy(update={"weight": w}) for share, w in zip(shares, weights, strict=True)]
        return Spec(item.kind, item.name, item.namespace, item.args.model_copy(update={"traffic_shift": tuple(moved)}))

    asked = unique(given[0])
    one = compiled(*asked, seen=given[1], compat=compat).manifests
    other = compiled(*map(reweighed, asked), seen=given[1], compat=compat).manifests
    assert other.keys() == one.keys()
    assert {key for key in one if other[key].body != one[key].body and key.kind not in ROUTES} == set()


@settings(max_examples=200)
@given(meshes, MODES)
def test_a_host_has_one_kind_of_route(given: tuple[list[Spec], MeshSnapshot], compat: str | None) -> None:
    """A VirtualService and an HTTPRoute of one host would compete: no mesh holds both."""
    claimed: dict[tuple[str, str], set[str]] = {}
    for key, manifest in compiled(*given[0], seen=given[1], compat=compat).manifests.items():
        for host in hosts_of(manifest.body) if key.kind in ROUTES else ():
            claimed.setdefault((key.cluster, host), set()).add(key.kind)
    assert [] == [host for host, found in claimed.items() if len(found) > 1]


# --- routes ---------------------------------------------------------------------------------------------------------

keys = st.builds(
    lambda match, caller, port, apart: route_keys([caller], [match], [port], apart),
    matches.map(lambda x: HttpMatch(**x)),
    st.builds(WorkloadSelector, labels=labels, namespaces=st.sampled_from([(), ("a",), ("ab",)])),
    st.sampled_from([None, 80, 8080]),
    st.sampled_from(["", "shop/a", "shop/b"]),
).map(lambda made: made[0])


@settings(max_examples=300)
@given(keys, keys)
def test_route_order_is_total(one: Any, other: Any) -> None:
    """Of two different routes one always comes first."""
    assert (one.order == other.order) == (one == other)
    assert (one.order < other.order) != (one.order >= other.order)


@given(st.lists(keys, max_size=6), st.randoms(use_true_random=False))
def test_routes_that_take_everything_come_last(routes: list[Any], random: Random) -> None:
    """Sorted from any order, a route with a condition never follows one without."""
    ordered = sorted(random.sample(routes, len(routes)), key=lambda key: key.order)
    assert ordered == sorted(routes, key=lambda key: key.order)
    bare = [key.match == HttpMatch() and key.source == (("namespace", None), ("labels", ())) for key in ordered]
    assert bare == sorted(bare)


# --- failover -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "local"), [(n, i) for n in range(1, 7) for i in range(n)])
def test_tiers_are_tried_in_order(count: int, local: int) -> None:
    """By its labels every backing has the priority of its place, wherever the caller is.

    Envoy counts how many of the keys an endpoint matches one after the other; `key=` matches where the label lacks.
    """
    tiers = tier_keys(count, local)
    assert len(set(tiers)) == count - 1

    def priority(endpoint: Mapping[str, str]) -> int:
        met = [endpoint.get(key.partition("=")[0], "") == key.partition("=")[2] for key in tiers]
        return len(met) - ([*met, False].index(False))

    labelled = [{} if i == local else tier_labels(count, local, i) for i in range(count)]
    assert [priority(endpoint) for endpoint in labelled] == list(range(count))


# --- names, addresses, durations --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "address"),
    [
        (("reviews", "default", "kind3", "kube-service"), "253.124.25.94"),
        (("reviews", "default", "kind2", "kube-service"), "244.196.163.73"),
        (("checkout", "shop", "west", "kube-service"), "241.52.211.165"),
        (("checkout-ha", "shop", "", "failover-service"), "243.33.11.85"),
    ],
)
def test_virtual_ips_are_those_of_service_mesh_hub(name: tuple[str, str, str, str], address: str) -> None:
    """A mesh that moves here keeps its addresses."""
    assert virtual_ip(*name) == address


@given(st.text(), st.text(), st.text())
def test_virtual_ips_are_reserved_addresses(name: str, namespace: str, cluster: str) -> None:
    """Every virtual IP lies in 240.0.0.0/4, and is the same each time."""
    address = virtual_ip(name, namespace, cluster, "kube-service")
    assert ipaddress.ip_address(address) in ipaddress.ip_network("240.0.0.0/4")
    assert virtual_ip(name, namespace, cluster, "kube-service") == address


label_names = st.from_regex(
    r"([a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", fullmatch=True
)
label_values = st.from_regex(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?", fullmatch=True)


@given(st.dictionaries(label_names, label_values, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_subset_names_are_dns_labels(said: dict[str, str], random: Random) -> None:
    """Whatever labels Kubernetes takes make a subset name that Istio takes, in whatever order they are written."""
    TypeAdapter(Labels).validate_python(said)
    assert DNS_LABEL.fullmatch(subset_name(said))
    assert subset_name(dict(random.sample(list(said.items()), len(said)))) == subset_name(said)


@given(
    st.lists(st.from_regex(DNS_LABEL, fullmatch=True), min_size=1, max_size=4),
    st.sampled_from(["-", ".", " ", "_", "/"]),
)
def test_sanitized_names_are_dns_labels(parts: list[str], joint: str) -> None:
    """Names joined by anything become one Kubernetes name; one that is one stays as it is."""
    name = sanitize(joint.join(parts))
    assert DNS_LABEL.fullmatch(name)
    assert sanitize(name) == name


amounts = st.integers(min_value=0, max_value=10**6)


@given(st.tuples(amounts, amounts, amounts, amounts).filter(any))
def test_durations_keep_their_length(parts: tuple[int, int, int, int]) -> None:
    """A duration is written in one way, of the same length, and that way is left as it is."""
    text = "".join(f"{amount}{unit}" for amount, unit in zip(parts, ("h", "m", "s", "ms"), strict=True) if amount)
    parse = TypeAdapter(Duration).validate_python
    length = timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2], milliseconds=parts[3])
    assert milliseconds(parse(text)) == milliseconds(text) == length / timedelta(milliseconds=1)
    assert parse(parse(text)) == parse(text) == parse(length)


@given(st.floats(min_value=0.001, max_value=10**6))
def test_fractions_of_durations_are_rounded(seconds: float) -> None:
    """A duration is right to half a millisecond, and normal after one pass."""
    parse = TypeAdapter(Duration).validate_python
    text = parse(f"{seconds:.6f}s")
    assert abs(milliseconds(text) - seconds * 1_000) <= 0.51
    assert parse(text) == text


@given(st.text(max_size=8) | st.sampled_from(["5", "s5", "5x", "-5s", "5s ", "1h30", "0s", "0.4ms", "", "1e3s"]))
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Text is a duration of at least a millisecond, or refused."""
    try:
        assert milliseconds(TypeAdapter(Duration).validate_python(text)) >= 1
    except ValidationError:
        assert not re.fullmatch(r"([1-9]\d*(ms|h|m|s))+", text)


# --- arguments ------------------------------------------------------------------------------------------------------

leaves = st.none() | st.booleans() | st.integers(-5, 70000) | st.floats(allow_nan=False) | st.text(max_size=5)
FIELDS = {alias for kind in KINDS.values() for info in kind.args.model_fields.values() if (alias := info.alias)}
BELOW = ("name", "namespace", "cluster", "subset", "port", "weight", "destination", "gateway", "addresses", "headers")
fields = st.sampled_from(sorted({*FIELDS, *BELOW}))
junk = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=4), max_leaves=12
)


@settings(max_examples=300)
@given(st.sampled_from(sorted(KINDS)), st.dictionaries(fields, junk, max_size=5))
def test_arguments_are_taken_or_refused(kind: str, said: dict[str, Any]) -> None:
    """Anything that looks like JSON makes arguments, or one error whose paths are those of the user."""
    try:
        KINDS[kind].args(**said)
        problems = ()
    except ArgsError as error:
        problems = error.problems
    for problem in problems:
        assert re.fullmatch(r'[a-zA-Z_]\w*(\.\w+|\[\d+\]|\["[^"]*"\])*', problem.path), problem
        assert problem.reason
