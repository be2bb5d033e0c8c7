"""What holds for every mesh: order never shows, names are contracts, bad input is a finding."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from random import Random
from typing import Any

from any_mesh import MODES, meshes, other_order, shuffled, unique
from hypothesis import given, settings
from hypothesis import strategies as st
from make import compiled, service, to, traffic

from meshhub_pulumi.engine.attach import attach
from meshhub_pulumi.engine.compile import Compiled
from meshhub_pulumi.engine.patch import patch
from meshhub_pulumi.features import FEATURES
from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.report.yaml_text import print_yaml
from meshhub_pulumi.rules.place import hosts_of
from meshhub_pulumi.standard import compile_standard

ROUTES = ("HTTPRoute", "VirtualService")


def outcome(made: Compiled) -> tuple[Any, Any]:
    """What a user sees, without the positions in lists."""
    bodies = [(key, manifest.body, sorted(manifest.after)) for key, manifest in made.manifests.items()]
    where = [(x.code, x.message.count(" "), re.sub(r"\[\d+\]", "", str(x.where))) for x in made.findings]
    return bodies, sorted(where)


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
