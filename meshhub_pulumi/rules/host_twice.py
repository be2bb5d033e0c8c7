"""Hosts: of two objects about one host a cluster follows one, and ignores the other.

To Istio an HTTPRoute in the namespace of its parent is such an object; of several it joins the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.claim import for_sidecars, seen_by_the_same
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.walk import at, texts, walk

_NETWORKING = "networking.istio.io"


def _check(manifests: Manifests) -> Iterator[Finding]:
    clashing: set[tuple[str, str]] = set()
    for kinds, clash in _CLAIMS.items():
        first: dict[tuple[str, str], list[Manifest]] = {}
        found: set[tuple[str, str]] = set()
        for manifest in (manifest for kind in kinds for manifest in manifests.of(kind)):
            for place, name in _HOSTS[manifest.key.kind](manifest, manifests):
                key = manifest.key.cluster, name
                others = first.setdefault(key, [])
                other = next((x for x in others if clash(manifest, x) and seen_by_the_same(manifest, x)), None)
                # a host that is there twice has its routes twice, too
                if other and key not in clashing:
                    found.add(key)
                    message = f"{key[1]} in {key[0]} is also the host of {asker_of(other).at('').where()}"
                    yield finding("MH201", message, asker_of(manifest, place))
                others.append(manifest)
        clashing |= found


def _named(path: str) -> _Hosts:
    def hosts(manifest: Manifest, manifests: Manifests) -> Iterator[tuple[str, str]]:
        for place, name in texts(manifest.body, path):
            yield place, manifests.whole_name(name, manifest.key)

    return hosts


def _parents(manifest: Manifest, manifests: Manifests) -> Iterator[tuple[str, str]]:
    """The hosts for whose callers everywhere an HTTPRoute is, as far as they are known."""
    key = manifest.key
    for place, parent in walk(manifest.body, "spec.parentRefs[]"):
        if not isinstance(parent, Mapping) or parent.get("namespace", key.namespace) != key.namespace:
            continue
        match parent:
            case {"kind": "Service", "name": str(name)} if not parent.get("group"):
                yield place, manifests.whole_name(name, key)
            case {"kind": "ServiceEntry", "name": str(name)}:
                entry = manifests.all.get(key._replace(group=_NETWORKING, kind="ServiceEntry", name=name))
                for _, host in texts(entry.body, "spec.hosts[]") if entry else ():
                    yield place, manifests.whole_name(host, key)


def _routes(one: Manifest, other: Manifest) -> bool:
    if "HTTPRoute" in (one.key.kind, other.key.kind):
        return one.key.kind != other.key.kind and for_sidecars(one.body) and for_sidecars(other.body)
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


_Hosts = Callable[[Manifest, Manifests], Iterator[tuple[str, str]]]
_HOSTS: Mapping[str, _Hosts] = {
    "DestinationRule": _named("spec.host"),
    "HTTPRoute": _parents,
    "ServiceEntry": _named("spec.hosts[]"),
    "VirtualService": _named("spec.hosts[]"),
}
"""The hosts that an object is about, with the place where it names each."""
_CLAIMS: Mapping[tuple[str, ...], Callable[[Manifest, Manifest], bool]] = {
    ("ServiceEntry",): _entries,
    ("VirtualService", "HTTPRoute"): _routes,
    ("DestinationRule",): _policies,
}
"""When two objects about a host get in each other's way."""

RULE = ManifestRule(name="host_twice", codes=("MH201",), check=_check)
