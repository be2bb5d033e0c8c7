"""The nearest order, against a way of finding it that shares nothing with the one in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make import compiled, failover, mesh, service, snapshot, workload

from meshhub_pulumi.engine.compile import Compiled

NAMES = ("a", "b", "c", "d", "e")
Place = tuple[str, str, str]
regions = st.sampled_from(["eu", "us", "ap"])
places = st.tuples(regions, st.sampled_from(["", "1", "2"]), st.sampled_from(["", "x"]))
fleets = st.fixed_dictionaries(dict.fromkeys(NAMES, places))
listings = st.lists(st.sampled_from(NAMES), min_size=1, unique=True)
next_regions = st.dictionaries(regions, st.lists(regions, unique=True))


def expected(caller: str, listed: Sequence[str], where: Mapping[str, Place], after: Sequence[str]) -> list[str]:
    """The order in which callers try the listed clusters: those who are left are asked one thing after the other."""
    left, found = list(listed), []

    def take(fits: Callable[[str], bool]) -> None:
        for name in [name for name in left if fits(name)]:
            left.remove(name)
            found.append(name)

    take(lambda name: name == caller)
    for parts in (3, 2, 1):
        same = where[caller][:parts]
        take(lambda name, same=same: "" not in same and where[name][: len(same)] == same)  # type: ignore[misc]
    for region in after:
        take(lambda name, region=region: where[name][0] == region)  # type: ignore[misc]
    return found + left


def made(mode: str, listed: Sequence[str], where: Mapping[str, Place], after: Mapping[str, Sequence[str]]) -> Compiled:
    """What a fleet gets, of which every cluster has a backing and calls."""
    there = {
        name: {
            "locality": dict(zip(("region", "zone", "subZone"), where[name], strict=True)),
            "gateways": [{"addresses": [f"10.0.0.{number}"]}],
            "services": [service()],
            "workloads": [workload()],
        }
        for number, name in enumerate(NAMES)
    }
    said = [{"region": region, "to": to} for region, to in after.items()]
    ha = failover("ha", *listed, mode=mode, order="nearest", next_regions=said)
    return compiled(mesh(*NAMES), ha, seen=snapshot(**there))


def tiers(found: Compiled, caller: str) -> list[str]:
    """The clusters of a failover host's endpoints, by the priorities that Envoy gives them for their labels."""
    objects = {f"{key.kind} {key.name}": m.body["spec"] for key, m in found.manifests.items() if key.cluster == caller}
    policy = objects["DestinationRule ha.shop.global"]["trafficPolicy"]
    keys = policy.get("loadBalancer", {}).get("localityLbSetting", {}).get("failoverPriority", [])
    endpoints: list[tuple[str, Mapping[str, str]]] = []
    for name in ("ServiceEntry ha.shop.global", "ServiceEntry ha.shop.global-remote"):
        entry = objects.get(name, {})
        endpoints += [(caller, {})] if "workloadSelector" in entry else []
        endpoints += [
            (NAMES[int(endpoint["address"].rpartition(".")[2])], endpoint.get("labels", {}))
            for endpoint in entry.get("endpoints", ())
        ]

    def priority(labels: Mapping[str, str]) -> int:
        met = [labels.get(key.partition("=")[0], "") == key.partition("=")[2] for key in keys]
        return len(met) - [*met, False].index(False)

    by_priority = {priority(labels): name for name, labels in endpoints}
    assert len(by_priority) == len(endpoints)
    return [by_priority[tier] for tier in sorted(by_priority)]


def members(found: Compiled, caller: str) -> list[str]:
    """The clusters of an aggregate's members."""
    (filter_,) = [
        m.body["spec"] for key, m in found.manifests.items() if (key.cluster, key.kind) == (caller, "EnvoyFilter")
    ]
    (added,) = [x["patch"]["value"] for x in filter_["configPatches"] if x["patch"]["operation"] == "ADD"]
    hosts: list[Any] = [name.rpartition("|")[2] for name in added["cluster_type"]["typed_config"]["clusters"]]
    return [host.split(".")[3] if host.endswith(".global") else caller for host in hosts]


@pytest.mark.parametrize(("mode", "read"), [("locality", tiers), ("aggregate", members)])
@given(where=fleets, listed=listings, after=next_regions)
def test_every_caller_has_its_own_order(
    mode: str,
    read: Callable[[Compiled, str], list[str]],
    where: Mapping[str, Place],
    listed: Sequence[str],
    after: Mapping[str, Sequence[str]],
) -> None:
    """Wherever clusters are and whatever is listed, each cluster's callers try the nearest first."""
    in_use = {region for region, _, _ in where.values()}
    said = {
        region: others
        for region, to in after.items()
        if region in in_use and (others := [x for x in to if x in in_use and x != region])
    }
    found = made(mode, listed, where, said)
    assert [] == found.errors
    for caller in NAMES:
        order = expected(caller, listed, where, said.get(where[caller][0], ()))
        assert order == read(found, caller), caller
