"""Hosts: what can be called, where it ends up, in which order, and how it is connected to."""

from __future__ import annotations

from typing import Any

import pytest
from make import access, cluster, compiled, failover, mesh, service, shift, snapshot, to, traffic
from sides import changed, effect, reviewed

from meshhub_pulumi.report.compare.effect import Change, Seen

GATEWAYS = {"east": ["10.0.0.1"], "west": ["10.0.1.1"], "north": ["10.0.2.1"]}
SEEN = snapshot(**{x: cluster(x, gateways=[{"addresses": y}]) for x, y in GATEWAYS.items()})


def made(*specs: Any) -> Any:
    """A mesh of three clusters with a gateway address each."""
    return compiled(mesh(*GATEWAYS), *specs, seen=SEEN)


def places(client: str, *backings: str) -> tuple[str, ...]:
    """Where a cluster's callers end up: at their own pods, or at the gateways of others."""
    there = {x: f"gateway of {x} at {address}:15443" for x, (address,) in GATEWAYS.items()}
    return tuple({**there, client: "pods with app=checkout in shop, port 8080"}[x] for x in backings)


@pytest.mark.parametrize("clients", [("east", "west", "north"), ("east", "west")])
def test_backings_in_another_order(clients: tuple[str, ...]) -> None:
    """The order of backings is told as each cluster's callers try them, and as nothing else."""
    orders = clients, tuple(reversed(clients))
    found = effect(*(made(failover("ha", *order)) for order in orders))
    told = [(x.seen, x.before, x.after) for x in found.failover]
    assert [
        (Seen("ha.shop.global", client), *(places(client, *order) for order in orders)) for client in sorted(GATEWAYS)
    ] == told
    assert [] == [*found.traffic, *found.hosts, *found.connections, *found.access, *found.others]


@pytest.mark.parametrize("mode", ["locality", "aggregate"])
def test_a_cluster_that_moves(mode: str) -> None:
    """Where clusters are is seen in the order in which callers of the nearest try them; west's is what it was."""
    ha = failover("ha", "west", "north", "east", mode=mode, order="nearest")

    def seen(**regions: str) -> Any:
        there = {
            name: cluster(name, gateways=[{"addresses": at}], locality={"region": regions[name]})
            for name, at in GATEWAYS.items()
        }
        return compiled(mesh(*GATEWAYS), ha, seen=snapshot(**there))

    found = effect(seen(east="eu", north="us", west="us"), seen(east="eu", north="eu", west="us"))
    told = {x.seen.cluster: tuple(_server(place, x.seen.cluster) for place in x.after or ()) for x in found.failover}
    assert {"east": ("east", "north", "west"), "north": ("north", "east", "west")} == told
    assert [] == [*found.traffic, *found.hosts, *found.access, *found.others]


def _server(place: str, caller: str) -> str:
    return next((name for name in GATEWAYS if f"gateway of {name} " in place or f"@{name} " in place), caller)


def test_other_ways_of_failover_keep_the_order() -> None:
    """Another mode of failover is told by what it connects to, from which the order can be read."""
    base, head = made(failover("ha", "east", "west")), made(failover("ha", "east", "west", mode="aggregate"))
    east = next(x for x in effect(base, head).failover if x.seen.cluster == "east")
    assert ("shop/checkout@east port 8080", "shop/checkout@west port 8080") == east.after


def test_how_failure_is_recognised() -> None:
    """Outlier detection and connect timeouts are told as connections."""
    base = made(traffic("out", outlier_detection={"consecutive_errors": 3}))
    head = made(traffic("out", outlier_detection={"consecutive_errors": 4}))
    (found,) = effect(base, head).connections
    assert (Change("outlierDetection.consecutive5xxErrors", "3", "4"),) == found.settings


def test_a_length_of_time_in_another_unit() -> None:
    """A duration is the same in any unit, a header with such a text is not."""
    base = made(
        traffic("a", timeout="60s", header_manipulation={"append_request_headers": {"timeout": "60s"}}),
        traffic("out", outlier_detection={}),
    )
    same = changed(base, "VirtualService", "checkout", "east", lambda spec: spec["http"][0].update(timeout="1m"))
    other = changed(
        base,
        "VirtualService",
        "checkout",
        "east",
        lambda spec: spec["http"][0]["headers"]["request"]["add"].update(timeout="1m"),
    )
    assert not effect(base, same)
    assert effect(base, other)


def test_a_host_that_others_can_call_now() -> None:
    """A host is gained where it is called and where it is served, with its settings, and its routes are not told."""
    head = made(traffic("split", traffic_shift=shift((to("west"), 100))))
    gained = [(x.seen, x.before) for x in effect(made(), head).hosts]
    west = "shop/checkout@west"
    assert [(Seen(west, "east"), None), (Seen(west, "west", gateway=True), None)] == gained


def test_a_snapshot_alone_is_no_effect() -> None:
    """A service that exists and that nobody asks anything of changes nothing."""
    more = {x: cluster(x, [service(), service("web")]) for x in ("east", "west")}
    assert not effect(compiled(mesh()), compiled(mesh(), seen=snapshot(**more)))


def test_findings_are_new_or_fixed_or_only_moved() -> None:
    """A finding under another name of its policy is the same; one more of its kind is new."""
    lonely = [access(name, cluster=None, destinations=[{"namespaces": [name]}]) for name in ("one", "two", "six")]
    one, two, both = made(lonely[0]), made(lonely[1]), made(*lonely[:2])
    assert ([], []) == (reviewed(one, two).new, reviewed(one, two).fixed)
    assert ["AccessPolicy shop/two"] == [x.where.object for x in reviewed(one, both).new]
    assert ["AccessPolicy shop/one"] == [x.where.object for x in reviewed(both, two).fixed]
