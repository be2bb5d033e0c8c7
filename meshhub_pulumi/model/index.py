"""An index: things by what is true of them, so that a search looks at few of them, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

T = TypeVar("T")
Trait = tuple[Hashable, ...]


@dataclass(frozen=True, eq=False)
class Index(Generic[T]):
    """Things by their traits; costs nothing before the first search."""

    things: Sequence[T]
    traits_of: Callable[[T], Iterable[Trait]] = field(repr=False)

    @cached_property
    def _having(self) -> Mapping[Trait, Sequence[T]]:
        having: dict[Trait, list[T]] = {}
        for thing in self.things:
            for trait in self.traits_of(thing):
                having.setdefault(trait, []).append(thing)
        return having

    def candidates(self, *wanted: Collection[Trait]) -> Sequence[T]:
        """The fewest things among which are all that have, of each collection, at least one trait.

        An empty collection is no restriction. What comes may still lack what the other collections ask for.
        """
        found = self.things
        for traits in wanted:
            lists = [self._having.get(trait, ()) for trait in dict.fromkeys(traits)]
            if traits and sum(map(len, lists)) < len(found):
                found = [thing for things in lists for thing in things]
        return found


def within(kind: str, names: Iterable[str]) -> list[Trait]:
    """The traits of being in one of some clusters or namespaces."""
    return [(kind, name) for name in names]


def labelled(labels: Mapping[str, str]) -> list[Trait]:
    """The traits of carrying these labels."""
    return [("label", *item) for item in labels.items()]
