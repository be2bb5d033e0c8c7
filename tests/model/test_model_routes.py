"""The order of routes: total, and the same from wherever one starts."""

from __future__ import annotations

from random import Random
from typing import Any

from any_mesh import labels, matches
from hypothesis import given, settings
from hypothesis import strategies as st

from meshhub_pulumi.model.route import HttpMatch, route_keys
from meshhub_pulumi.model.workload import WorkloadSelector

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
