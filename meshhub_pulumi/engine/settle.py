"""Settle: merged trees become manifests; the leaves give up their values and say who owns which path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from meshhub_pulumi.engine.patch import Patched
from meshhub_pulumi.model.finding import Owner
from meshhub_pulumi.model.manifest import Manifest, ManifestKey, Needs
from meshhub_pulumi.model.plugin import Leaf
from meshhub_pulumi.model.view import View


def settle(patched: Patched, view: View) -> dict[ManifestKey, Manifest]:
    """Every object as its dialect writes it, sorted by key, each with what must be in place before it."""
    manifests = {}
    for key in sorted(patched.trees):
        owners: dict[str, tuple[Owner, ...]] = {}
        body = _unpack(view.dialect_of[key.cluster].assemble(key, patched.trees[key]), "", owners)
        manifests[key] = Manifest(key, body, owners)
    needs: dict[ManifestKey, Needs] = {}
    for dialect in {id(d): d for d in view.dialect_of.values()}.values():
        needs |= dialect.order(manifests, patched.sites)
    direct = _Direct(needs)
    return {key: Manifest(key, made.body, made.owners, *direct.of(key)) for key, made in manifests.items()}


class _Direct:
    """The order without what follows from the rest of it: every edge costs at deployment."""

    def __init__(self, needs: Mapping[ManifestKey, Needs]) -> None:
        self._needs = needs
        self._reached = cache(self._all_reached)
        self._heard = cache(self._all_heard)

    def of(self, key: ManifestKey) -> tuple[frozenset[ManifestKey], frozenset[ManifestKey]]:
        """What an object follows directly, and what of this the proxies must know."""
        placed, known = self._needs[key]
        reached = _union(self._reached(need) for need in placed | known)
        heard = _union(self._reached(need) if need in known else self._heard(need) for need in placed | known)
        known -= heard
        return placed - reached | known, known

    def _all_reached(self, key: ManifestKey) -> frozenset[ManifestKey]:
        nearest = self._needs[key].placed | self._needs[key].known
        return nearest | _union(map(self._reached, nearest))

    def _all_heard(self, key: ManifestKey) -> frozenset[ManifestKey]:
        placed, known = self._needs[key]
        return known | _union(map(self._reached, known)) | _union(map(self._heard, placed))


def _union(sets: Iterable[frozenset[ManifestKey]]) -> frozenset[ManifestKey]:
    return frozenset().union(*sets)


def _unpack(value: Any, path: str, owners: dict[str, tuple[Owner, ...]]) -> Any:
    match value:
        case Leaf():
            if value.owners:
                owners[path] = value.owners
            return _plain(value.value)
        case dict():
            return {key: _unpack(item, f"{path}.{key}" if path else str(key), owners) for key, item in value.items()}
        case list() | tuple():
            return [_unpack(item, f"{path}[{index}]", owners) for index, item in enumerate(value)]
        case _:
            return value


def _plain(value: Any) -> Any:
    """A leaf's value as a body holds it: inside it nobody else owns anything."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
