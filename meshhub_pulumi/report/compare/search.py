"""Search: of many conditions the few that may cover some requests, or share requests with a condition.

What is found is what `covers` and `overlap` would find by asking every condition; a host may have thousands of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from meshhub_pulumi.report.compare.condition import Condition, Constraint, covers

_Trait = tuple[str, ...]
_BEGINNINGS = ("prefix", "below")
_ANY: _Trait = ()
"""Of the condition that every request fulfils."""


class Covering:
    """Conditions in the order in which they are tried. Each is kept by the one of its constraints that is rarest."""

    def __init__(self, conditions: Iterable[Condition] = ()) -> None:
        self.conditions: list[Condition] = []
        self._kept: dict[_Trait, list[int]] = {}
        self._lengths: set[int] = set()
        for condition in conditions:
            self.add(condition)

    def add(self, condition: Condition) -> None:
        """Put a condition behind all others."""
        traits = sorted(map(_trait, condition)) or [_ANY]
        rarest = min(traits, key=lambda trait: len(self._kept.get(trait, ())))
        self._kept.setdefault(rarest, []).append(len(self.conditions))
        self.conditions.append(condition)
        if rarest != _ANY:
            self._lengths.add(len(rarest[-1]))

    def first(self, requests: Condition) -> int | None:
        """The position of the first condition that covers all these requests."""
        traits = {_ANY, *(trait for constraint in requests for trait in self._implied(constraint))}
        places = sorted(place for trait in traits for place in self._kept.get(trait, ()))
        return next((place for place in places if covers(self.conditions[place], requests)), None)

    def _implied(self, has: Constraint) -> Iterator[_Trait]:
        """Whatever constraint among those kept this one may imply."""
        yield _trait(has)
        yield (has.field, "present", "")
        for length in self._lengths:
            yield from ((has.field, form, has.value[:length]) for form in _BEGINNINGS)


def _trait(constraint: Constraint) -> _Trait:
    value = constraint.value
    return (constraint.field, constraint.form, value.rstrip("/") if constraint.form == "below" else value)


class Sharing:
    """Conditions by the texts of their constraints, which often tell that two of them share no request."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._all = conditions
        self._at: dict[_Trait, dict[str, list[Condition]]] = {}
        for condition in conditions:
            for field, text in _texts(condition):
                self._at.setdefault(field, {}).setdefault(text, []).append(condition)
        self._sorted = {field: sorted(at) for field, at in self._at.items()}
        self._lengths = {field: {len(text) for text in at} for field, at in self._at.items()}
        self._open: dict[_Trait, list[Condition]] = {}

    def with_(self, one: Condition) -> Sequence[Condition]:
        """The conditions among which are all that share requests with one of them."""
        found = self._all
        for field, text in _texts(one):
            open_, related = self._without(field), list(self._related(field, text))
            if len(open_) + len(related) < len(found):
                found = [*open_, *related]
        return found

    def _without(self, field: _Trait) -> list[Condition]:
        if field not in self._open:
            having = {condition for same in self._at[field].values() for condition in same}
            self._open[field] = [condition for condition in self._all if condition not in having]
        return self._open[field]

    def _related(self, field: _Trait, text: str) -> Iterator[Condition]:
        """Those with the text, one that begins with it, or one that it begins with."""
        at, texts = self._at[field], self._sorted[field]
        for length in self._lengths[field]:
            if length < len(text):
                yield from at.get(text[:length], ())
        for place in range(bisect_left(texts, text), len(texts)):
            if not texts[place].startswith(text):
                return
            yield from at[texts[place]]


def _texts(condition: Condition) -> Iterator[tuple[_Trait, str]]:
    """The texts that exclude others of the same field."""
    for constraint in condition:
        if constraint.form in ("exact", "is", *_BEGINNINGS) and not constraint.field.startswith("without"):
            yield (constraint.field, "is" if constraint.form == "is" else "text"), constraint.value
