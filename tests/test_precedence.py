"""Which policy decides: a model of a few lines says it for every service and caller, and the manifests must agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from make import cluster, compiled, mesh, service, snapshot, spec

from meshhub_pulumi.engine.compile import Compiled
from meshhub_pulumi.model.finding import Origin
from meshhub_pulumi.model.spec import Spec

CLUSTERS = ("east", "west")
SERVICES = [
    ("cart", "shop", {"tier": "gold"}),
    ("menu", "shop", {"tier": "plain"}),
    ("cart", "back", {"tier": "gold"}),
]
SEEN = snapshot(**{name: cluster(name, [service(*x[:2], labels=x[2]) for x in SERVICES]) for name in CLUSTERS})

names = st.sampled_from(["cart", "menu"])
namespaces = st.sampled_from(["shop", "back"])
places = st.sampled_from(CLUSTERS)
references = st.builds(lambda name, namespace: {"name": name, "namespace": namespace}, names, namespaces)
selectors = st.one_of(
    references,
    st.builds(lambda ref, where: {**ref, "cluster": where}, references, places),
    st.fixed_dictionaries(
        {},
        optional={
            "labels": st.sampled_from([{"tier": "gold"}, {"tier": "plain"}, {"tier": "none"}]),
            "namespaces": st.lists(namespaces, max_size=2, unique=True),
            "clusters": st.lists(places, max_size=2, unique=True),
        },
    ),
)


@dataclass(frozen=True)
class Asked:
    """A policy that asks for one timeout."""

    name: str
    destinations: Sequence[Mapping[str, Any]]
    callers: Sequence[str]
    priority: int
    seconds: int

    def spec(self, line: int) -> Spec:
        """The policy, as written at a line of some file."""
        sources = {"sources": [{"clusters": self.callers}]} if self.callers else {}
        said = {"destinations": self.destinations, "priority": self.priority, "timeout": f"{self.seconds}s", **sources}
        made, origin = spec("TrafficPolicy", self.name, **said), Origin("policies.yaml", line_of=lambda _: line)
        return Spec(made.kind, made.name, made.namespace, made.args, origin)

    def rank(self, name: str, namespace: str, labels: Mapping[str, str], where: str) -> tuple[int, int] | None:
        """How it ranks for a service of a cluster, if it is about it."""
        ranks = [0] if not self.destinations else []
        for selector in self.destinations:
            if "name" in selector:
                if (selector["name"], selector["namespace"]) == (name, namespace):
                    ranks += [3] if selector.get("cluster") == where else [] if "cluster" in selector else [2]
            elif all(
                (
                    selector.get("labels", {}).items() <= labels.items(),
                    namespace in (selector.get("namespaces") or [namespace]),
                    where in (selector.get("clusters") or [where]),
                )
            ):
                ranks.append(1 if any(selector.values()) else 0)
        return (max(ranks), self.priority) if ranks else None


policies = st.lists(
    st.builds(
        Asked,
        name=st.sampled_from("abcdef"),
        destinations=st.lists(selectors, max_size=2),
        callers=st.just([]) | st.lists(places, max_size=1),
        priority=st.sampled_from([0, 0, 1, -1]),
        seconds=st.integers(1, 3),
    ),
    max_size=5,
    unique_by=lambda asked: asked.name,
)


@dataclass(frozen=True)
class Place:
    """A host of a service, in the cluster of its callers."""

    caller: str
    host: str


def expected(asked: Sequence[Asked]) -> Iterator[tuple[Place, list[tuple[tuple[int, int], Asked]]]]:
    """For every host the policies about it, with their ranks."""
    for name, namespace, labels in SERVICES:
        for where in CLUSTERS:
            for caller in CLUSTERS:
                zone = "cluster.local" if caller == where else f"{where}.global"
                host = f"{name}.{namespace}.svc.{zone}"
                about = [(asks.rank(name, namespace, labels, where), asks) for asks in asked]
                heard = [(rank, asks) for rank, asks in about if rank and caller in (asks.callers or [caller])]
                yield Place(caller, host), heard


def timeouts(made: Compiled) -> dict[Place, set[str | None]]:
    """The timeouts of every host's routes."""
    routes = [(key.cluster, x.body["spec"]) for key, x in made.manifests.items() if key.kind == "VirtualService"]
    return {
        Place(where, host): {route.get("timeout") for route in said["http"]}
        for where, said in routes
        for host in said["hosts"]
        if host.endswith((".local", ".global"))
    }


@settings(max_examples=300)
@given(policies, st.randoms(use_true_random=False))
def test_the_narrowest_then_the_first_by_priority(asked: list[Asked], random: Random) -> None:
    """Of the policies about a host the highest rank decides; where two of it differ, both stand in one finding."""
    lines = {asks.name: 10 * (1 + number) for number, asks in enumerate(asked)}
    specs = [asks.spec(lines[asks.name]) for asks in random.sample(asked, len(asked))]
    made = compiled(mesh(*CLUSTERS, federation="permissive"), *specs, seen=SEEN)
    found = timeouts(made)
    conflicts = set()
    for place, heard in expected(asked):
        best = max((rank for rank, _ in heard), default=None)
        deciding = sorted((asks for rank, asks in heard if rank == best), key=lambda asks: asks.name)
        if len({asks.seconds for asks in deciding}) > 1:
            conflicts |= {(deciding[0].name, x.name) for x in deciding if x.seconds != deciding[0].seconds}
        else:
            assert found.get(place, {None}) == {f"{asks.seconds}s" for asks in deciding[:1]} or {None}, place
    seconds = {asks.name: asks.seconds for asks in asked}
    said = [
        f"TrafficPolicy shop/{one}: timeout (policies.yaml:{lines[one]}) asks for '{seconds[one]}s', "
        f"this one for '{seconds[other]}s' at TrafficPolicy shop/{other}: timeout (policies.yaml:{lines[other]})"
        for one, other in conflicts
    ]
    told = [x for x in made.findings if x.code == "MH203"]
    assert sorted({f"{x.message.split('in ')[-1].partition(': ')[2]} at {x.where}" for x in told}) == sorted(said)
