"""Releases of the mesh that a dialect is written for: which are supported, and what some of them treat differently."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """A minor release; its patches treat what is written alike."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:[.+-].*)?", re.ASCII)


def release_of(version: str) -> Release | None:
    """The release that a version such as `1.30.3` or `v1.31.0-rc.0` belongs to; None where it is no version."""
    found = _VERSION.fullmatch(version)
    return Release(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is written alike for every release and that releases from `since` on treat differently.

    `places`: where in the body of an object of `kind` it stands. `effect`: what happens there, as the end of the
    sentence "the cluster runs this release: ...". `source`: the change that says so.
    """

    title: str
    kind: str
    places: Callable[[Mapping[str, Any]], Iterable[str]]
    since: Release
    effect: str
    advice: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """What a dialect knows of the releases it is written for, the oldest first.

    `complete`: whether all that it writes was compared, so that what no difference is about is alike.
    """

    product: str
    supported: tuple[Release, ...]
    differences: tuple[Difference, ...] = ()
    complete: bool = True

    @property
    def newest(self) -> Release:
        """The release that is assumed where nobody says which one runs."""
        return self.supported[-1]

    @property
    def span(self) -> str:
        """The supported ones, for people."""
        return f"{self.supported[0]} to {self.newest}"
