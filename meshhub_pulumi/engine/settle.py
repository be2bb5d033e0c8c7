"""Settle: merged trees become manifests; the leaves give up their values and say who owns which path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshhub_pulumi.engine.patch import Patched
from meshhub_pulumi.model.finding import Owner
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Leaf
from meshhub_pulumi.model.view import View


def settle(patched: Patched, view: View) -> dict[ManifestKey, Manifest]:
    """Every object as its dialect writes it, sorted by key, each with what must be in place before it."""
    manifests = {}
    for key in sorted(patched.trees):
        owners: dict[str, tuple[Owner, ...]] = {}
        body = _unpack(view.dialect_of[key.cluster].assemble(key, patched.trees[key]), "", owners)
        manifests[key] = Manifest(key, body, owners)
    after: dict[ManifestKey, frozenset[ManifestKey]] = {}
    for dialect in {id(d): d for d in view.dialect_of.values()}.values():
        after |= {key: frozenset(before) for key, before in dialect.order(manifests, patched.sites).items()}
    direct = _direct(after)
    return {key: Manifest(key, made.body, made.owners, direct.get(key, frozenset())) for key, made in manifests.items()}


def _direct(after: Mapping[ManifestKey, frozenset[ManifestKey]]) -> dict[ManifestKey, frozenset[ManifestKey]]:
    """The order without what follows from the rest of it: every edge costs at deployment."""
    behind: dict[ManifestKey, frozenset[ManifestKey]] = {}

    def all_behind(key: ManifestKey) -> frozenset[ManifestKey]:
        if key not in behind:
            nearest = after.get(key, frozenset())
            behind[key] = nearest.union(*map(all_behind, nearest))
        return behind[key]

    return {key: keys - frozenset().union(*map(all_behind, keys)) for key, keys in after.items()}


def _unpack(value: Any, path: str, owners: dict[str, tuple[Owner, ...]]) -> Any:
    match value:
        case Leaf():
            if value.owners:
                owners[path] = value.owners
            return _unpack(value.value, path, owners)
        case Mapping():
            return {key: _unpack(item, f"{path}.{key}" if path else str(key), owners) for key, item in value.items()}
        case list() | tuple():
            return [_unpack(item, f"{path}[{index}]", owners) for index, item in enumerate(value)]
        case _:
            return value
