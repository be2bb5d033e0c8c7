"""Selecting: the objects whose selector has the labels of some pods, found without asking every object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.rules.walk import at

Labels = Mapping[str, str]


def selector_of(manifest: Manifest, path: str = "spec.selector.matchLabels") -> Labels:
    """The labels that an object's pods must have; none where it is for all of its namespace."""
    found = at(manifest.body, path)
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, Mapping) else {}


def selects_late(manifest: Manifest) -> bool:
    """Whether it is not known yet which pods an object is for."""
    found = at(manifest.body, "spec.selector.matchLabels")
    return is_late(found) or (isinstance(found, Mapping) and any(map(is_late, found.values())))


class Selecting:
    """Objects with selectors, by namespace and one of their labels, which all that they select have."""

    def __init__(self) -> None:
        self._having: dict[tuple[str, str, str], list[Manifest]] = {}

    def add(self, manifest: Manifest) -> None:
        """One more object; its selector names a label."""
        name, value = min(selector_of(manifest).items())
        self._having.setdefault((manifest.key.namespace, name, value), []).append(manifest)

    def of(self, namespace: str, labels: Labels) -> Iterator[Manifest]:
        """Those of a namespace that select pods with these labels."""
        for name, value in labels.items():
            for manifest in self._having.get((namespace, name, value), ()):
                if selector_of(manifest).items() <= labels.items():
                    yield manifest
