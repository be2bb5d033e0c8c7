"""Alternatives: the conditions of a route, of which a request must fit one, and the routes that take whatever it does.

`Wider` finds those without comparing a route with all others: it holds the demands of every condition as a path from
one demand to the next, and follows only those that the narrower condition meets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshhub_pulumi.rules.condition import Condition, Demand, demands, met, within

Alternatives = Sequence[Condition]


def all_within(narrow: Alternatives, wide: Alternatives) -> bool:
    """Whether every request that fits one of these conditions fits one of the others."""
    return bool(narrow) and all(any(within(one, other) for other in wide) for one in narrow)


class Wider:
    """Routes by number: which of those that were added take every request of another."""

    def __init__(self) -> None:
        self._root = _Node()
        self._added: dict[int, Alternatives] = {}

    def add(self, number: int, wide: Alternatives) -> None:
        """One more route."""
        self._added[number] = wide
        for condition in wide:
            node = self._root
            for demand in sorted(set(demands(condition)), key=repr):
                node = node.after.setdefault(demand, _Node())
            node.routes.append(number)

    def of(self, narrow: Alternatives) -> Iterator[int]:
        """The routes that take every request of this one, in order of their numbers."""
        # a route must hold each of the alternatives, so those that hold the rarest of them are enough to look at
        found = (self._holding(condition) for condition in narrow)
        candidates = min(found, key=lambda nodes: sum(len(node.routes) for node in nodes), default=[])
        for number in sorted({number for node in candidates for number in node.routes}):
            if all_within(narrow, self._added[number]):
                yield number

    def _holding(self, condition: Condition) -> list[_Node]:
        fitting, nodes = set(met(condition)), [self._root]
        for node in nodes:
            if len(node.after) < len(fitting):
                nodes.extend(below for demand, below in node.after.items() if demand in fitting)
            else:
                nodes.extend(node.after[demand] for demand in fitting if demand in node.after)
        return nodes


class _Node:
    """What demands have been made so far: the routes with a condition of just these, and the demands that follow."""

    def __init__(self) -> None:
        self.after: dict[Demand, _Node] = {}
        self.routes: list[int] = []
