"""Hosts: of two objects about one host a cluster follows one, and ignores the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.claim import for_sidecars, seen_by_the_same
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.walk import at, texts


def _check(manifests: Manifests) -> Iterator[Finding]:
    clashing: set[tuple[str, str]] = set()
    for kind, (path, clash) in _CLAIMS.items():
        first: dict[tuple[str, str], list[Manifest]] = {}
        found: set[tuple[str, str]] = set()
        for manifest in manifests.of(kind):
            for place, name in texts(manifest.body, path):
                key = manifest.key.cluster, manifests.whole_name(name, manifest.key)
                others = first.setdefault(key, [])
                other = next((x for x in others if clash(manifest, x) and seen_by_the_same(manifest, x)), None)
                # a host that is there twice has its routes twice, too
                if other and key not in clashing:
                    found.add(key)
                    message = f"{key[1]} in {key[0]} is also the host of {asker_of(other).at('').where()}"
                    yield finding("MH201", message, asker_of(manifest, place))
                others.append(manifest)
        clashing |= found


def _routes(one: Manifest, other: Manifest) -> bool:
    # gateways join the routes of several objects, sidecars take the oldest's
    return one.key != other.key and for_sidecars(one.body) and for_sidecars(other.body)


def _entries(one: Manifest, other: Manifest) -> bool:
    # the parts of one host share a namespace; istiod joins them there
    return one.key.namespace != other.key.namespace


def _policies(one: Manifest, other: Manifest) -> bool:
    # in one namespace istiod joins the subsets, and keeps the oldest's policy for all of them
    return (
        one.key != other.key
        and one.key.namespace == other.key.namespace
        and all(isinstance(at(x.body, "spec.trafficPolicy"), Mapping) for x in (one, other))
        and not any(at(x.body, "spec.workloadSelector") for x in (one, other))
    )


_CLAIMS = {
    "ServiceEntry": ("spec.hosts[]", _entries),
    "VirtualService": ("spec.hosts[]", _routes),
    "DestinationRule": ("spec.host", _policies),
}
"""Where an object of a kind names its hosts, and when two of them get in each other's way."""

RULE = ManifestRule(name="host_twice", codes=("MH201",), check=_check)
