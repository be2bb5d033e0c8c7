"""Nearest: of the names there are, those that a name which is not among them was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise

_COMPARED = 20
"""How many names are compared letter by letter: those that share the most pairs of letters, which are soon counted."""


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names that look like `name`, best first."""
    ours = _pairs(name)
    alike = sorted(known, key=lambda other: (-len(ours & _pairs(other)), other))[:_COMPARED]
    return get_close_matches(name, sorted(alike), n=3, cutoff=0.6)


@lru_cache(maxsize=10_000)
def _pairs(name: str) -> frozenset[str]:
    return frozenset(map("".join, pairwise(name)))


def among(name: str, known: Iterable[str]) -> str:
    """What to say of a name that is not among the known ones: the nearest, else all there are."""
    known = list(known)
    near = nearest(name, known)
    return f"nearest: {', '.join(near)}" if near else f"there are: {', '.join(sorted(known)) or 'none'}"
