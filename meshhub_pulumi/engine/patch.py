"""Patch: every attachment is rendered, and the patches of one object are merged leaf by leaf, with their owners."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from meshhub_pulumi.model.finding import Finding, brief, finding
from meshhub_pulumi.model.manifest import ManifestKey
from meshhub_pulumi.model.plugin import SPARE, Attachment, Dialect, Feature, Hook, Leaf, Patch, Site, Tree, Whole
from meshhub_pulumi.model.view import View

_PLAIN = (0, 0)
_NESTED = (dict, Mapping)  # nearly all are plain ones, which are known for such much sooner


@dataclass
class Patched:
    """The merged tree of every object, the sites it came from, and what was found on the way."""

    trees: dict[ManifestKey, Tree] = field(default_factory=dict)
    sites: dict[ManifestKey, dict[Site, None]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def patch(attachments: Iterable[Attachment], view: View, features: Mapping[str, Feature]) -> Patched:
    """Render all attachments and merge what lands in the same object; the order of attachments does not matter."""
    result = Patched()
    for item in sorted(attachments, key=lambda item: _order(item, view.dialect_of[item.site.cluster])):
        dialect = view.dialect_of[item.site.cluster]
        if missing := [*dialect.unsayable(item.site)]:
            for asked, what in missing:
                message = f"{what} cannot be expressed in {dialect.title}"
                result.findings.append(finding("MH301", message, item.owner.at(asked)))
            continue
        hooks = [hook for hook in _hooks_for(dialect, type(item.site)) if hook in features[item.feature].render]
        if not hooks:
            message = f"{features[item.feature].title} cannot be expressed in {dialect.title}"
            result.findings.append(finding("MH301", message, item.owner))
        for hook in hooks:
            _land(item, hook, features[item.feature], dialect, result)
    return result


def _rank(item: Attachment, dialect: Dialect) -> tuple[int, int]:
    """The rank that counts: where the first spec by name wins, none is above that of a spec that says no more."""
    return item.rank if dialect.conflicts_refused else min(item.rank, _PLAIN)


def _order(item: Attachment, dialect: Dialect) -> tuple[Any, ...]:
    # the narrowest first: what it decides is no conflict among the wider ones
    narrow, priority = _rank(item, dialect)
    return (-narrow, -priority, item.owner.object, item.owner.path, item.feature)


def _hooks_for(dialect: Dialect, site: type[Site]) -> list[Hook[Any]]:
    return [hook for hook in dialect.hooks if hook.site is site]


def _land(item: Attachment, hook: Hook[Any], feature: Feature, dialect: Dialect, result: Patched) -> None:
    place = hook.place(item.site)
    rendered = feature.render[hook](item.value, item.site) if place else None
    if place is None or rendered is None:
        return
    tree = result.trees.setdefault(place.key, {})
    result.sites.setdefault(place.key, {})[item.site] = None
    _frame(tree, place.frame)
    for step in place.path:
        tree = tree.setdefault(step, {})
    merger = _Merger(item, place.key, dialect)
    merger.merge(tree, rendered)
    result.findings.extend(merger.findings)


def _frame(tree: Tree, frame: Mapping[Any, Any]) -> None:
    for key, value in frame.items():
        if isinstance(value, _NESTED):
            _frame(tree.setdefault(key, {}), value)
        else:
            tree.setdefault(key, Leaf(value, ()))


class _Merger:
    """Merges one attachment's patch; remembers the conflicts it met."""

    def __init__(self, item: Attachment, key: ManifestKey, dialect: Dialect) -> None:
        self.item, self.key, self.refuse = item, key, dialect.conflicts_refused
        self.rank = _rank(item, dialect)
        self.findings: list[Finding] = []

    def merge(self, tree: Tree, patch: Patch) -> None:
        for name, value in patch.items():
            if isinstance(value, _NESTED):
                self.merge(tree.setdefault(name, {}), value)
                continue
            new = Leaf(value.value if isinstance(value, Whole) else value, (self.item.owner,), self.rank)
            old = tree.get(name)
            tree[name] = new if old is None else self._settle(old, new, name)

    def _settle(self, old: Leaf, new: Leaf, name: Hashable) -> Leaf:
        if old.value == new.value:
            return Leaf(old.value, _union(old.owners, new.owners), max(old.rank, new.rank))
        if (old.owners and old.rank > new.rank) or new.rank == SPARE:
            return old
        self.findings.append(self._conflict(old, new, name))
        return old

    def _conflict(self, old: Leaf, new: Leaf, name: Hashable) -> Finding:
        first = old.owners[0] if old.owners else None
        said = f"{first.where()} asks for {brief(old.value)}" if first else f"it is always {brief(old.value)}"
        message = f"{name} of {self.key.title}: {said}, this one for {brief(new.value)}"
        return finding("MH203" if self.refuse else "MH204", message, self.item.owner)


def _union(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return one + tuple(owner for owner in other if owner not in one)
