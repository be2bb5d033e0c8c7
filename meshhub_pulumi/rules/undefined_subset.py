"""Undefined subsets: Envoy answers 503 to whatever a route sends to a subset that no DestinationRule defines.

Where no object at hand is about a host, its DestinationRule may be somebody else's; that is only a warning (MH424).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

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


@dataclass
class _Known:
    """What the DestinationRules of a cluster define; `open`: one of them may still turn out to be about any host."""

    subsets: dict[str, set[str]] = field(default_factory=dict)
    wildcards: set[str] = field(default_factory=set)
    undecided: set[str] = field(default_factory=set)
    open: bool = False


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
    known.wildcards |= {host} if host.startswith("*") else set()
    named = known.subsets.setdefault(host, set())
    for place, value in walk(manifest.body, *_SUBSETS):
        if is_late(value):
            known.undecided.add(host)
        elif isinstance(value, str) and place.endswith(".name"):
            named.add(value)


def _unknown(manifest: Manifest, manifests: Manifests, known: _Known) -> Iterator[Finding]:
    for place, destination in walk(manifest.body, *_DESTINATIONS):
        match destination:
            case {"host": str(host), "subset": str(subset)} if subset and not known.open:
                for code, message in _missing(manifests.whole_name(host, manifest.key), subset, known):
                    yield finding(code, message, asker_of(manifest, place))


def _missing(host: str, subset: str, known: _Known) -> Iterator[tuple[str, str]]:
    """The code and the words for a subset that is missing; nothing where it is there, or may be."""
    about = [name for name in known.wildcards if host.endswith(name[1:])]
    about += [host] if host in known.subsets and host not in about else []
    if any(name in known.undecided or subset in known.subsets[name] for name in about):
        return
    if not about:
        yield "MH424", f"the subset {subset} of {host} is not defined here: there is no DestinationRule for this host"
        return
    defined = ", ".join(sorted(set[str]().union(*(known.subsets[name] for name in about)))) or "none"
    yield "MH420", f"the subset {subset} of {host} is defined nowhere: its DestinationRule has {defined}"


RULE = ManifestRule(name="undefined_subset", codes=("MH420", "MH424"), check=_check, follows=("MH401",))
