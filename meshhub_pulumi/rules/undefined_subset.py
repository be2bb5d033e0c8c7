"""Undefined subsets: Envoy answers 503 to whatever a route sends to a subset that no DestinationRule defines.

Of the DestinationRules of one namespace only those of the most specific host hold, nothing of a wildcard beside it.
Where no object at hand is about a host, its DestinationRule may be somebody else's; that is only a warning (MH424).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifest, Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.walk import at, walk

_DESTINATIONS = (
    "spec.http[].route[].destination",
    "spec.http[].mirror",
    "spec.http[].mirrors[].destination",
    "spec.tcp[].route[].destination",
    "spec.tls[].route[].destination",
)
_SUBSETS = ("spec.subsets", "spec.subsets[]", "spec.subsets[].name")


@dataclass(frozen=True, slots=True)
class _Rule:
    """What one DestinationRule defines; `undecided`: some of it may still turn out to have any name."""

    host: str
    subsets: frozenset[str]
    undecided: bool
    namespace: str
    exported: Any
    selects: bool

    def hides(self, other: _Rule) -> bool:
        """Whether every caller that could take the other rule, of the same namespace, takes this one in its place.

        Istio takes the longest name, and a wildcard last. Of two that are exported differently nothing is known: what
        holds where nothing is said is a setting of the mesh.
        """
        return self._nearness > other._nearness and self.exported == other.exported and not self.selects

    @property
    def _nearness(self) -> tuple[bool, int]:
        return (not self.host.startswith("*"), len(self.host))


@dataclass
class _Known:
    """The DestinationRules of a cluster by host; `open`: one of them may still turn out to be about any host."""

    rules: dict[str, list[_Rule]] = field(default_factory=dict)
    wildcards: set[str] = field(default_factory=set)
    open: bool = False

    def taken(self, host: str) -> Iterator[_Rule]:
        """The rules about a host that hold for some caller; in which namespace Istio looks depends on the caller's."""
        by_namespace: dict[str, list[_Rule]] = {}
        for name in {host, *(name for name in self.wildcards if host.endswith(name[1:]))}:
            for rule in self.rules.get(name, ()):
                by_namespace.setdefault(rule.namespace, []).append(rule)
        for rules in by_namespace.values():
            yield from (rule for rule in rules if not any(other.hides(rule) for other in rules))


def _check(manifests: Manifests) -> Iterator[Finding]:
    known: dict[str, _Known] = {}
    for manifest in manifests.of("DestinationRule"):
        _learn(known.setdefault(manifest.key.cluster, _Known()), manifest, manifests)
    for manifest in manifests.of("VirtualService"):
        yield from _unknown(manifest, manifests, known.get(manifest.key.cluster, _Known()))


def _learn(known: _Known, manifest: Manifest, manifests: Manifests) -> None:
    host = at(manifest.body, "spec.host")
    if not isinstance(host, str):
        known.open |= is_late(host)
        return
    host = manifests.whole_name(host, manifest.key)
    found = walk(manifest.body, *_SUBSETS)
    rule = _Rule(
        host=host,
        subsets=frozenset(value for place, value in found if isinstance(value, str) and place.endswith(".name")),
        undecided=any(is_late(value) for _, value in found),
        namespace=manifest.key.namespace,
        exported=at(manifest.body, "spec.exportTo"),
        selects=at(manifest.body, "spec.workloadSelector") is not None,
    )
    known.rules.setdefault(host, []).append(rule)
    known.wildcards |= {host} if host.startswith("*") else set()


def _unknown(manifest: Manifest, manifests: Manifests, known: _Known) -> Iterator[Finding]:
    for place, destination in walk(manifest.body, *_DESTINATIONS):
        match destination:
            case {"host": str(host), "subset": str(subset)} if subset and not known.open:
                for code, message in _missing(manifests.whole_name(host, manifest.key), subset, known):
                    yield finding(code, message, asker_of(manifest, place))


def _missing(host: str, subset: str, known: _Known) -> Iterator[tuple[str, str]]:
    """The code and the words for a subset that is missing; nothing where it is there, or may be."""
    about = list(known.taken(host))
    if any(rule.undecided or subset in rule.subsets for rule in about):
        return
    if not about:
        yield "MH424", f"the subset {subset} of {host} is not defined here: there is no DestinationRule for this host"
        return
    defined = ", ".join(sorted(set[str]().union(*(rule.subsets for rule in about)))) or "none"
    yield "MH420", f"the subset {subset} of {host} is defined nowhere: its DestinationRule has {defined}"


RULE = ManifestRule(name="undefined_subset", codes=("MH420", "MH424"), check=_check, follows=("MH401",))
