"""Subsets outlive weights: what comes and goes with a traffic shift is its routes, not the slices they send to.

Routes are updated after the rules for the hosts that they send to. A slice that goes from a rule while a route still
has it is a request that fails, so it may only go with its rule (which is deleted last) or with its pods.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from make import cluster, compiled, failover, mesh, shift, snapshot, to, traffic, workload

from meshhub_pulumi.engine.compile import Compiled
from meshhub_pulumi.model.manifest import ManifestKey
from meshhub_pulumi.model.spec import Spec

VERSIONS = [workload(version=version) for version in ("v1", "v2", "v3")]
SEEN = snapshot(east=cluster("east", workloads=VERSIONS), west=cluster("west", workloads=VERSIONS))
TIERS = failover("ha", "east", "west")
AGGREGATE = failover("ha", "east", "west", mode="aggregate")
OUTLIER = traffic("careful", "west", outlier_detection={})

Share = tuple[Mapping[str, Any], int]


def slice_of(where: str, version: str) -> dict[str, Any]:
    """A version of the checkout of a cluster, or of the failover host."""
    subset = {"version": version}
    if where == "ha":
        return {"failoverService": "ha", "namespace": "shop", "subset": subset}
    return to(where, subset=subset)


def shares(*weights: tuple[str, str, int], **more: Any) -> Spec:
    """A traffic shift from east's checkout."""
    parts: list[Share] = [(slice_of(where, version), weight) for where, version, weight in weights]
    return traffic("canary", traffic_shift=shift(*parts), timeout="3s", retries={"attempts": 1}, **more)


def difference(before: Compiled, after: Compiled) -> tuple[set[str], set[str]]:
    """The kinds of the objects that come or change, and of those that go."""
    assert not before.errors
    assert not after.errors
    old, new = before.manifests, after.manifests
    come = {key.kind for key in new if key not in old or new[key].body != old[key].body}
    return come, {key.kind for key in old.keys() - new.keys()}


THREE = shares(("west", "v3", 75), ("east", "v1", 15), ("east", "v2", 10))
SPLIT = shares(("west", "v1", 60), ("west", "v2", 40))
HA = shares(("ha", "v1", 90), ("ha", "v2", 10))


@pytest.mark.parametrize(
    ("before", "after", "others"),
    [
        pytest.param(THREE, shares(("west", "v3", 5), ("east", "v1", 15), ("east", "v2", 80)), (), id="weights"),
        pytest.param(THREE, shares(("west", "v3", 85), ("east", "v1", 15)), (), id="local version out"),
        pytest.param(SPLIT, shares(("west", "v2", 100)), (), id="remote version out"),
        pytest.param(SPLIT, shares(("west", "v3", 100)), (), id="remote versions replaced"),
        pytest.param(shares(("west", "v1", 100)), SPLIT, (), id="remote version in"),
        pytest.param(HA, shares(("ha", "v1", 100)), (TIERS,), id="version out, tiers"),
        pytest.param(HA, shares(("ha", "v3", 100)), (TIERS,), id="versions replaced, tiers"),
        pytest.param(HA, shares(("ha", "v1", 100)), (AGGREGATE,), id="version out, aggregate"),
        pytest.param(HA, shares(("ha", "v3", 100)), (AGGREGATE,), id="versions replaced, aggregate"),
    ],
)
def test_versions_come_and_go_with_routes_alone(before: Spec, after: Spec, others: tuple[Spec, ...]) -> None:
    """Other weights among the versions that exist change routes and nothing else, in both clusters."""
    one, other = (compiled(mesh(), policy, *others, seen=SEEN) for policy in (before, after))
    assert difference(one, other) == ({"VirtualService"}, set())


@pytest.mark.parametrize("kept", [(), (OUTLIER,)], ids=["alone", "beside a policy that keeps the local rule"])
def test_a_service_goes_with_whole_objects(kept: tuple[Spec, ...]) -> None:
    """When nothing sends to a service any more its rules go as a whole, which happens after the routes changed."""
    after = shares(("east", "v1", 60), ("east", "v2", 40))
    one, other = (compiled(mesh(), policy, *kept, seen=SEEN) for policy in (THREE, after))
    come, gone = difference(one, other)
    # the serving cluster's own callers use no version of it, so what its local rule loses nobody misses
    assert come == ({"VirtualService", "DestinationRule"} if kept else {"VirtualService"})
    assert gone == {"DestinationRule", "Gateway", "ServiceEntry"}


def test_pods_take_their_subset_along() -> None:
    """A version whose workloads the snapshot has no more is listed nowhere."""
    fewer = snapshot(east=cluster("east", workloads=VERSIONS), west=cluster("west", workloads=VERSIONS[:2]))
    assert subsets(compiled(mesh(), SPLIT, seen=fewer), "west") == {"version-v1", "version-v2"}
    assert subsets(compiled(mesh(), SPLIT, seen=SEEN), "west") == {"version-v1", "version-v2", "version-v3"}


def test_the_last_policy_with_the_labels_takes_them_along() -> None:
    """What is left uncovered: a rule that another policy keeps loses the versions once nobody uses any."""
    plain = traffic("canary", traffic_shift=shift((to("west"), 100)))
    one, other = (compiled(mesh(), policy, seen=SEEN) for policy in (SPLIT, plain))
    assert difference(one, other) == ({"DestinationRule", "VirtualService"}, {"DestinationRule"})


def test_service_mesh_hub_listed_what_was_named() -> None:
    """Compat stays as its original was: a version that nobody names is in no rule."""
    one, other = (
        compiled(mesh(), policy, seen=SEEN, compat="smh-0.8") for policy in (SPLIT, shares(("west", "v2", 100)))
    )
    assert subsets(one, "west") == {"version-v1", "version-v2"}
    assert difference(one, other) == ({"DestinationRule", "VirtualService"}, set())


def test_who_used_the_labels_owns_what_they_make() -> None:
    """A version that nobody names belongs to every place that uses the same labels, a named one to those too."""
    made = compiled(mesh(), SPLIT, seen=SEEN).manifests[rule("west")]
    places = tuple(SPLIT.owner.at(f"traffic_shift[{index}].destination") for index in (0, 1))
    assert made.owners["spec.subsets[0].labels"] == places
    assert made.owners["spec.subsets[2].labels"] == places


def rule(where: str) -> ManifestKey:
    """The rule for a cluster's checkout at home."""
    return ManifestKey(where, "networking.istio.io", "DestinationRule", "shop", "checkout")


def subsets(made: Compiled, where: str) -> set[str]:
    """The subsets of a cluster's checkout at home."""
    return {subset["name"] for subset in made.manifests[rule(where)].body["spec"]["subsets"]}
