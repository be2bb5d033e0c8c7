"""What holds for every review: nothing comes of nothing, and the way back is the way there in a mirror."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from any_mesh import MODES, meshes, other_order, shuffled, unique
from hypothesis import given, settings
from hypothesis import strategies as st
from make import compiled
from sides import reviewed

from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.report.compare.effect import Review
from meshhub_pulumi.report.review_json import print_review_json
from meshhub_pulumi.report.review_markdown import print_review_markdown

Given = tuple[list[Spec], MeshSnapshot]

OPPOSITE = {"before": "after", "gained": "lost", "created": "deleted", "new": "fixed", "base": "head"}
OPPOSITE |= {value: key for key, value in OPPOSITE.items()}


def mirrored(value: Any) -> Any:
    """A review in JSON as it looks from the other side."""
    if isinstance(value, dict):
        return {OPPOSITE.get(key, key): mirrored(item) for key, item in value.items()}
    return [mirrored(item) for item in value] if isinstance(value, list) else value


def said(review: Review) -> Any:
    """A review in JSON."""
    return json.loads(print_review_json(review))


@settings(max_examples=50)
@given(meshes, MODES, st.randoms(use_true_random=False))
def test_another_order_has_no_effect(given: Given, compat: str | None, random: Random) -> None:
    """The same mesh, written as it is or in another order, has no effect and touches no object."""
    asked, exists = unique(given[0]), given[1]
    moved = [other_order(item, random) for item in random.sample(asked, len(asked))]
    there = MeshSnapshot(**shuffled(exists.model_dump(mode="json", by_alias=True), random))
    one, other = compiled(*asked, seen=exists, compat=compat), compiled(*moved, seen=there, compat=compat)
    for review in (reviewed(one, one), reviewed(one, other)):
        assert (False, []) == (bool(review.effect), review.touched)
    assert ([], []) == (reviewed(one, one).new, reviewed(one, one).fixed)


@settings(max_examples=50)
@given(meshes)
def test_other_names_of_policies_have_no_effect(given: Given) -> None:
    """Policies under other names have no effect."""
    asked = unique(given[0])
    others = dict(zip("abcd", "zyxw", strict=True))
    renamed = [
        Spec(x.kind, others[x.name] if x.kind.endswith("Policy") else x.name, x.namespace, x.args) for x in asked
    ]
    one, other = compiled(*asked, seen=given[1]), compiled(*renamed, seen=given[1])
    if not one.errors:  # of two values in conflict the first by name stands, until the error is mended
        assert not reviewed(one, other).effect


@settings(max_examples=75)
@given(meshes, meshes, MODES)
def test_the_way_back_is_a_mirror(given: Given, other: Given, compat: str | None) -> None:
    """Base and head exchanged: before and after, gained and lost, new and fixed are exchanged, and nothing else is."""
    one, two = (compiled(*unique(specs), seen=exists, compat=compat) for specs, exists in (given, other))
    assert mirrored(said(reviewed(one, two))) == said(reviewed(two, one))


@settings(max_examples=75)
@given(meshes, meshes)
def test_an_effect_is_shown(given: Given, other: Given) -> None:
    """A review says "no effect" where there is none, and otherwise has a table for it."""
    one, two = (compiled(*unique(specs), seen=exists) for specs, exists in (given, other))
    review = reviewed(one, two)
    printed = print_review_markdown(review)
    assert bool(review.effect) != ("No effect on the mesh" in printed)
    assert bool(review.effect) == any(
        f"{title}\n" in printed or f">{title} (" in printed
        for title in ("Requests", "Hosts", "Failover", "Access", "Connections", "Other objects")
    )
