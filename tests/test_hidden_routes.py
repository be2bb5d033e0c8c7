"""Hidden routes: what is looked up in an index is what comparing every route with every other finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from meshhub_pulumi.model.existing import key_of
from meshhub_pulumi.model.finding import Finding, Owner
from meshhub_pulumi.model.manifest import Conventions, Manifest, Manifests
from meshhub_pulumi.rules.alternatives import all_within
from meshhub_pulumi.rules.condition import plain
from meshhub_pulumi.rules.hidden_routes import RULE

LONG = "/a" * 100
PATHS = ["", "/", "/a", "/a/", "/a/b", "/ab", "/b", LONG, f"{LONG}/b"]
TEXTS = st.one_of(
    st.dictionaries(st.sampled_from(["exact", "prefix", "below"]), st.sampled_from(PATHS), min_size=1, max_size=1),
    st.sampled_from([{}, *({"regex": regex} for regex in (".*", "/.*", "/a", "/a.*", "/a/.*"))]),
)
LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["a", "b"]), max_size=2)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "uri": TEXTS,
        "ignoreUriCase": st.booleans(),
        "headers": st.dictionaries(st.sampled_from(["x", "y"]), TEXTS, max_size=2),
        "withoutHeaders": st.dictionaries(st.just("x"), TEXTS, max_size=1),
        "sourceLabels": LABELS,
        "method": st.sampled_from([{"exact": "GET"}, {"exact": "PUT"}]),
        "port": st.sampled_from([80, 81]),
        "gateways": st.sampled_from([["a"], ["a", "b"]]),
    },
)
ROUTES = st.lists(st.tuples(st.lists(CONDITIONS, max_size=2), st.sets(st.sampled_from(["timeout", "retries"]))))
UNNOTICED = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["one", "two"]),
        "statPrefix": st.just("stat"),
        "uri": st.just({"prefix": "/"}),
        "ignoreUriCase": st.just(False),
        "headers": st.just({}),
    },
)
"""What may be added to a condition that says nothing of it, and the same requests fit."""


def of(routes: list[tuple[list[dict[str, Any]], set[str]]]) -> Manifest:
    """A VirtualService whose routes have these conditions and fields, each asked for by somebody else."""
    http = [{"match": match} if match else {} for match, _ in routes]
    body = {"kind": "VirtualService", "metadata": {"name": "a"}, "spec": {"hosts": ["a"], "http": http}}
    owners = {
        f"spec.http[{index}].{name}": (Owner(f"Policy {index}"),)
        for index, (_, names) in enumerate(routes)
        for name in names
    }
    return Manifest(key_of("east", body), body, owners or {"spec.hosts": (Owner("nobody"),)})


def found(manifest: Manifest) -> list[Finding]:
    """What the rule finds."""
    return list(RULE.check(Manifests({manifest.key: manifest}, {"east": Conventions()})))


def expected(routes: list[tuple[list[dict[str, Any]], set[str]]]) -> Iterator[tuple[str, str]]:
    """Who loses what to whom, every route compared with every one before it."""
    conditions = [list(map(plain, match or [{}])) for match, _ in routes]
    for late, (_, asked) in enumerate(routes):
        for early in range(late):
            whole = all_within(conditions[late], conditions[early])
            partly = not whole and all_within(conditions[early], conditions[late])
            lost = asked if whole else asked - routes[early][1] if partly else set()
            # a route of which nobody asked for anything is told of as its object is
            first = min((f"Policy {early}" for _ in routes[early][1]), default=None)
            if lost:
                yield f"Policy {late}", f"{', '.join(sorted(lost))} of default/a: requests that {first}"
            if whole:
                break


@given(ROUTES)
def test_as_by_comparing_all_with_all(routes: list[tuple[list[dict[str, Any]], set[str]]]) -> None:
    """Nothing is lost, nothing is found besides, and the order is the same."""
    made = [(x.where.object, x.message.partition(" is about")[0]) for x in found(of(routes))]
    wanted = list(expected(routes))
    assert [who for who, _ in wanted] == [who for who, _ in made]
    assert [what for _, what in wanted if not what.endswith("None")] == [
        message for (_, message), (_, what) in zip(made, wanted, strict=True) if not what.endswith("None")
    ]


@given(ROUTES, st.data())
def test_what_no_request_notices_changes_nothing(
    routes: list[tuple[list[dict[str, Any]], set[str]]], data: st.DataObject
) -> None:
    """A name, a default, or the path that every request has."""
    longer = [([{**data.draw(UNNOTICED), **one} for one in match or [{}]], names) for match, names in routes]
    assert found(of(routes)) == found(of(longer))
