"""Existing AuthorizationPolicies, PeerAuthentications and Sidecars: what matters to ours, beside what does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from effort import calls
from make import access, cluster, compiled, failover, mesh, service, snapshot, spec, to, traffic, workload

from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.rules import existing_access, existing_peers, existing_sidecars

CHECKOUT = "checkout.shop.svc.cluster.local"
AWAY = "checkout.shop.svc.west.global"
ROOT = "istio-system"
APP = {"matchLabels": {"app": "checkout"}}
OTHER = {"matchLabels": {"app": "cart"}}
WEB = {"from": [{"source": {"principals": ["cluster.local/ns/web/sa/web"]}}]}
ANYBODY: dict[str, Any] = {}

ALLOWED = (mesh(), access("let-in", sources=[{"namespaces": ["front"]}]))
OPEN = (mesh(federation="permissive"),)
CLOSED = (mesh(global_access_policy="enabled"),)
SHARE = {"destination": {"failover_service": "ha", "namespace": "shop"}, "weight": 100}
SHUT = (mesh(federation="permissive", global_access_policy="enabled"),)
STRICT = (mesh(strict_mtls=True),)
SLOW = (mesh(), traffic("slow", cluster="west", timeout="1s"))
FOR_FRONT = (mesh(), traffic("asked", cluster="west", timeout="1s", sources=[{"namespaces": ["front"]}]))
FOR_WEB = (mesh(), traffic("asked", cluster="west", timeout="1s", sources=[{"labels": {"app": "web"}}]))
BACKED = (mesh(), failover("ha", "west", "east", clusters=["west"]))
SENT = (*BACKED, traffic("send", cluster="west", traffic_shift=[SHARE]))


def policy(namespace: str = "shop", **fields: Any) -> dict[str, Any]:
    """An AuthorizationPolicy that somebody else wrote."""
    return written("AuthorizationPolicy", namespace, **fields)


def peers(mode: str | None, namespace: str = "shop", **fields: Any) -> dict[str, Any]:
    """A PeerAuthentication that somebody else wrote."""
    return written("PeerAuthentication", namespace, **({"mtls": {"mode": mode}} if mode else {}), **fields)


def sidecar(*hosts: str, namespace: str = "front", **fields: Any) -> dict[str, Any]:
    """A Sidecar that somebody else wrote."""
    return written("Sidecar", namespace, egress=[{"hosts": list(hosts)}], **fields)


def written(kind: str, namespace: str, **fields: Any) -> dict[str, Any]:
    """An object that somebody else wrote."""
    group = "networking" if kind == "Sidecar" else "security"
    meta = {"name": "theirs", "namespace": namespace, **fields.pop("metadata", {})}
    return {"apiVersion": f"{group}.istio.io/v1", "kind": kind, "metadata": meta, "spec": fields}


def found(specs: tuple[Spec, ...], *objects: dict[str, Any]) -> list[str]:
    """What is found of objects in west, where there are callers in `front` too."""
    pods = [workload(), workload("web", namespace="front"), workload("web", namespace="back")]
    seen = snapshot(east=cluster("east"), west=cluster("west", workloads=pods, objects=objects))
    codes = ("MH511", "MH520", "MH521", "MH531", "MH532", "MH612")
    return [f"{x.code} {x.where}: {x.message}" for x in compiled(*specs, seen=seen).findings if x.code in codes]


LET_IN = "AccessPolicy shop/let-in"
MORE = "lets callers of shop/checkout in, too"
AT_ROOT = "istio-system/theirs in west"
FEDERATED = "VirtualMesh default/shop: federation"
SAYS = "VirtualMesh default/shop: strict_mtls: PeerAuthentication"
CALLED = f"MH520 {FEDERATED}: {AWAY} is called with ISTIO_MUTUAL, which PeerAuthentication"
NOBODY = f"lets nobody in, so that callers of {AWAY} are refused"
ASKED = "TrafficPolicy shop/asked: timeout"
HIDES = f"hides {CHECKOUT} from callers in front, whom a policy is about"
THEIRS = "AuthorizationPolicy shop/theirs in west"
GRID: list[tuple[tuple[Spec, ...], dict[str, Any], str | None]] = [
    # Rules that allow add up.
    (ALLOWED, policy(rules=[WEB]), f"MH531 {LET_IN}: {THEIRS} {MORE}"),
    (
        ALLOWED,
        policy(action="ALLOW", selector=APP, rules=[WEB]),
        f"MH531 {LET_IN}: {THEIRS} {MORE}",
    ),
    (
        ALLOWED,
        policy(selector={"matchLabels": {"version": "v1"}}, rules=[WEB]),
        f"MH531 {LET_IN}: {THEIRS} {MORE}",
    ),
    (ALLOWED, policy(selector=OTHER, rules=[WEB]), None),
    (ALLOWED, policy("front", rules=[WEB]), None),
    (
        ALLOWED,
        policy(ROOT, rules=[WEB]),
        f"MH531 {LET_IN}: AuthorizationPolicy {AT_ROOT} {MORE}",
    ),
    (ALLOWED, policy(rules=[{"from": [{"source": {"namespaces": ["front"]}}]}]), None),
    (ALLOWED, policy(), None),
    (ALLOWED, policy(rules=[WEB], targetRefs=[{"kind": "Service", "name": "checkout"}]), None),
    (ALLOWED, policy(rules=[WEB], metadata={"annotations": {"istio.io/dry-run": "true"}}), None),
    (
        CLOSED,
        policy("back", rules=[WEB]),
        "MH531 VirtualMesh default/shop: AuthorizationPolicy back/theirs in west lets callers in "
        "that no AccessPolicy names",
    ),
    (CLOSED, policy("back", selector={"matchLabels": {"app": "nothing"}}, rules=[WEB]), None),
    (CLOSED, policy("back"), None),
    # What refuses counts first.
    (
        ALLOWED,
        policy(action="DENY", rules=[WEB]),
        f"MH532 {LET_IN}: {THEIRS} refuses some callers of shop/checkout first",
    ),
    (
        ALLOWED,
        policy(action="CUSTOM", selector=APP, rules=[ANYBODY]),
        f"MH532 {LET_IN}: {THEIRS} asks somebody else about callers of shop/checkout first",
    ),
    (ALLOWED, policy(action="DENY", selector=OTHER, rules=[WEB]), None),
    (ALLOWED, policy(action="DENY"), None),
    (ALLOWED, policy(action="AUDIT", rules=[WEB]), None),
    # One that allows nothing refuses everybody, where nobody else allows anything.
    (
        OPEN,
        policy(),
        f"MH532 {FEDERATED}: {THEIRS} {NOBODY}",
    ),
    (
        OPEN,
        policy(ROOT),
        f"MH532 {FEDERATED}: AuthorizationPolicy {AT_ROOT} {NOBODY}",
    ),
    (OPEN, policy(selector=OTHER), None),
    (SHUT, policy(), None),
    (OPEN, policy(rules=[WEB]), None),
    # Strict.
    (
        STRICT,
        peers("PERMISSIVE"),
        f"MH521 {SAYS} shop/theirs in west says PERMISSIVE",
    ),
    (STRICT, peers("STRICT"), None),
    (STRICT, peers("UNSET"), None),
    (
        STRICT,
        peers(None, ROOT),
        f"MH521 {SAYS} {AT_ROOT} says no mode, and the older of the two holds for the mesh",
    ),
    (STRICT, peers("STRICT", ROOT), None),
    (STRICT, peers("PERMISSIVE", ROOT, selector=APP), None),
    (
        STRICT,
        peers("STRICT", selector=APP, portLevelMtls={"9090": {"mode": "DISABLE"}}),
        f"MH521 {SAYS} shop/theirs in west says DISABLE",
    ),
    # No mutual TLS at all.
    (
        OPEN,
        peers("DISABLE"),
        f"{CALLED} shop/theirs in west disables",
    ),
    (
        OPEN,
        peers("DISABLE", ROOT),
        f"{CALLED} {AT_ROOT} disables",
    ),
    (
        OPEN,
        peers("DISABLE", selector=APP),
        f"{CALLED} shop/theirs in west disables",
    ),
    (
        OPEN,
        peers(None, selector=APP, portLevelMtls={"8080": {"mode": "DISABLE"}}),
        f"{CALLED} shop/theirs in west disables",
    ),
    (OPEN, peers(None, selector=APP, portLevelMtls={"9090": {"mode": "DISABLE"}}), None),
    (OPEN, peers("DISABLE", "front"), None),
    (OPEN, peers("DISABLE", selector=OTHER), None),
    (OPEN, peers("DISABLE", ROOT, selector=APP), None),
    (SLOW, peers("DISABLE"), None),
    # Hidden hosts.
    (
        FOR_FRONT,
        sidecar("./*"),
        f"MH612 {ASKED}: Sidecar front/theirs in west {HIDES}",
    ),
    (FOR_FRONT, sidecar("./*", "shop/*"), None),
    (FOR_FRONT, sidecar("*/*.svc.cluster.local"), None),
    (
        FOR_FRONT,
        sidecar("*/*", "~shop/checkout.shop.svc.cluster.local"),
        f"MH612 {ASKED}: Sidecar front/theirs in west {HIDES}",
    ),
    (FOR_FRONT, sidecar("./*", namespace="back"), None),
    (
        FOR_FRONT,
        sidecar("./*", namespace=ROOT),
        f"MH612 {ASKED}: Sidecar istio-system/theirs in west {HIDES}",
    ),
    (FOR_FRONT, written("Sidecar", "front"), None),
    (
        FOR_WEB,
        sidecar("./*", workloadSelector={"labels": {"app": "web"}}),
        f"MH612 {ASKED}: Sidecar front/theirs in west {HIDES}",
    ),
    (FOR_WEB, sidecar("./*", workloadSelector={"labels": {"app": "batch"}}), None),
    (SLOW, sidecar("./*"), None),
    (
        BACKED,
        sidecar("shop/checkout.shop.svc.cluster.local"),
        "MH612 FailoverService shop/ha: Sidecar front/theirs in west hides ha.shop.global from callers in front, who "
        "see a backing service",
    ),
    (BACKED, sidecar("shop/*"), None),
    (BACKED, sidecar("./*"), None),
    (SENT, sidecar("shop/checkout.shop.svc.cluster.local"), None),
]


@pytest.mark.parametrize(("specs", "there", "expected"), GRID)
def test_existing(specs: tuple[Spec, ...], there: dict[str, Any], expected: str | None) -> None:
    """What matters is found once, where the spec asks for what it meets; the rest is left alone."""
    assert ([expected] if expected else []) == found(specs, there)


def test_several_together() -> None:
    """What allows something takes the force from what allows nothing; a namespace's own Sidecar that of the root."""
    assert [] == found(OPEN, policy(ROOT), policy(rules=[WEB]))
    assert [] == found(FOR_FRONT, sidecar("./*", namespace=ROOT), sidecar("*/*"))


def test_the_oldest_holds() -> None:
    """Of two PeerAuthentications of a namespace the younger does nothing."""

    def made(name: str, mode: str, day: int) -> dict[str, Any]:
        return peers(mode, metadata={"name": name, "creationTimestamp": f"2026-01-0{day}T00:00:00Z"})

    assert [] == found(OPEN, made("b", "PERMISSIVE", 1), made("a", "DISABLE", 2))
    assert [] != found(OPEN, made("b", "PERMISSIVE", 2), made("a", "DISABLE", 1))


def test_callers_without_mutual_tls_of_a_strict_namespace() -> None:
    """What is strict already refuses a policy's plaintext."""
    plain = (mesh(), traffic("plain", cluster="west", tls={"mode": "DISABLE"}))
    told = f"MH511 TrafficPolicy shop/plain: tls: {CHECKOUT} is called with DISABLE, but shop in west is strict"
    assert [told] == found(plain, peers("STRICT"))
    assert [] == found(plain, peers("PERMISSIVE"))


def test_grid_is_complete() -> None:
    """Every code has a red row, and every kind of object a green one."""
    assert {"MH520", "MH521", "MH531", "MH532", "MH612"} == {expected[:5] for _, _, expected in GRID if expected}
    assert {"AuthorizationPolicy", "PeerAuthentication", "Sidecar"} == {
        there["kind"] for _, there, expected in GRID if not expected
    }


ODD: list[Any] = [None, 5, "x", True, [], {}, [5], {"x": 5}, {"matchLabels": {"app": ["x"]}}, {"labels": 5}]


def broken(value: Any, odd: Any) -> Iterator[Any]:
    """A value with each of its parts in turn in another form."""
    yield odd
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        for other in broken(part, odd):
            copied = dict(value) if isinstance(value, dict) else list(value)
            copied[name] = other
            yield copied


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_any_form_of_object(odd: Any) -> None:
    """What no server would take stops no compile."""
    pods = [workload(), workload("web", namespace="front")]
    objects = [
        {**there, "spec": spec}
        for there in {repr(there): there for _, there, _ in GRID}.values()
        for spec in broken(there["spec"], odd)
        if isinstance(spec, dict)
    ]
    objects += [{**policy(rules=[WEB]), "metadata": {"name": "x", "annotations": odd}}]
    for specs in (ALLOWED, CLOSED, STRICT, FOR_FRONT, SENT):
        seen = snapshot(east=cluster("east"), west=cluster("west", workloads=pods, objects=objects))
        assert compiled(*specs, seen=seen).manifests


def test_work_grows_with_the_objects() -> None:
    """Twice as many existing objects beside twice as many of ours are looked through with twice as many calls."""

    def work(count: int) -> int:
        names = [f"s{number}" for number in range(count)]
        asked = [
            spec("AccessPolicy", name, destinations=[to("west", name)], sources=[{"namespaces": ["front"]}])
            for name in names
        ]
        there = [
            {**body, "metadata": {**body["metadata"], "name": f"their-{name}"}}
            for name in names
            for app in [{"matchLabels": {"app": name}}]
            for body in (
                policy(action="DENY", selector=app, rules=[WEB]),
                peers("DISABLE", selector=app),
                sidecar("./*", workloadSelector={"labels": {"app": name}}, namespace="shop"),
            )
        ]
        pods = [workload(name) for name in names]
        west = cluster("west", [service(name) for name in names], workloads=pods, objects=there)
        made = compiled(mesh(federation="permissive"), *asked, seen=snapshot(east=cluster("east"), west=west))
        told = Counter(finding.code for finding in made.findings)
        assert (count, count) == (told["MH520"], told["MH532"])
        rules = (existing_access.RULE, existing_peers.RULE, existing_sidecars.RULE)
        return calls(lambda: [list(rule.check(made.view, made.manifests)) for rule in rules])

    assert work(200) <= 2.1 * work(100)
