"""Existing objects: what the snapshot holds must not claim our objects' names or hosts.

Istio merges nothing across objects here: one of the two VirtualServices, DestinationRules or ServiceEntries of a
host wins, by age or namespace, and the other is ignored. A route of the Gateway API is such a VirtualService to Istio.
Two that no caller follows both are in nobody's way, but the endpoints of two ServiceEntries in one namespace are joined
whoever they are exported to.
Objects that carry our own labels are ours already, and a mesh may adopt those of the same name that ask for the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.existing import by_hand, difference, is_ours, key_of
from meshhub_pulumi.model.finding import Finding, brief, finding
from meshhub_pulumi.model.fleet import FleetCluster
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.claim import Callers, both, followed_by, for_sidecars
from meshhub_pulumi.rules.foreign import listed
from meshhub_pulumi.rules.place import hosts_of, owner_of

_CLAIM_HOSTS = {
    "VirtualService": "route",
    "HTTPRoute": "route",
    "GRPCRoute": "route",
    "DestinationRule": "rule",
    "ServiceEntry": "entry",
}
"""The kinds that claim hosts, and what of a host: only one object can have it."""
_ADOPT = "Set adopt=True on the VirtualMesh: then it is imported as it is."
_REMOVE = "Make it the same, then adopt it, or remove it."


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    ours: dict[str, dict[ManifestKey, Manifest]] = {}
    for key, manifest in manifests.items():
        ours.setdefault(key.cluster, {})[key] = manifest
    for name, mine in ours.items():
        cluster = view.cluster(name)
        claims = _Claims(mine, cluster) if cluster.objects else None
        for body in cluster.objects:
            if claims is not None:
                yield from _against(body, cluster, claims, view)


class _Claims:
    """What our objects of one cluster claim: names, and what of hosts; any of them shows the labels of all."""

    def __init__(self, mine: Mapping[ManifestKey, Manifest], cluster: FleetCluster) -> None:
        self.mine = mine
        self.any = next(iter(mine.values())).body
        self.hosts: dict[str, dict[str, Manifest]] = {what: {} for what in _CLAIM_HOSTS.values()}
        for key, manifest in mine.items():
            if what := _CLAIM_HOSTS.get(key.kind):
                self.hosts[what] |= dict.fromkeys(hosts_of(manifest.body, cluster.cluster_domain), manifest)

    def of(self, what: str, host: str) -> list[str]:
        """Our hosts of which the same is claimed by a foreign host, perhaps a wildcard."""
        known = self.hosts[what]
        if not host.startswith("*"):
            return [host] if host in known else []
        return sorted(name for name in known if name.endswith(host[1:]))


def _against(body: Mapping[str, Any], cluster: FleetCluster, claims: _Claims, view: View) -> Iterator[Finding]:
    kind = str(body.get("kind"))
    if is_ours(body, claims.any):
        return
    key = key_of(cluster.name, body)
    title = f"{kind} {key.namespace}/{key.name}"
    if ours := claims.mine.get(key):
        yield from _same_name(body, ours, f"{title} exists in {cluster.name} and is not ours", view)
    elif (what := _CLAIM_HOSTS.get(kind)) and for_sidecars(body):
        theirs = by_hand(key, body)
        claimed = [_full(host, key.namespace, cluster) for host in hosts_of(body, cluster.cluster_domain)]
        shared = {
            ours: callers
            for ours in sorted({ours for host in claimed for ours in claims.of(what, host)})
            if (callers := _shared(theirs, claims.hosts[what][ours], cluster.istio_namespace)) != frozenset()
        }
        if shared:
            message = f"{title} in {cluster.name} claims {listed(list(shared))} too{_for(shared)}"
            yield finding("MH201", message, owner_of(claims.hosts[what][next(iter(shared))], view))


def _shared(theirs: Manifest, ours: Manifest, root: str) -> Callers:
    """The callers for whom one of the two is ignored."""
    home = ours.key.namespace
    if ours.key.kind == "ServiceEntry" and theirs.key.namespace == home:
        return None
    return both(followed_by(theirs, home, root), followed_by(ours, home, root))


def _for(shared: Mapping[str, Callers]) -> str:
    known = [callers for callers in shared.values() if callers is not None]
    if len(known) < len(shared):
        return ""
    return f", for callers in {', '.join(sorted(frozenset().union(*known)))}"


def _same_name(body: Mapping[str, Any], ours: Manifest, message: str, view: View) -> Iterator[Finding]:
    differs = difference(body, ours.body)
    if differs is None:
        mesh = view.mesh_of.get(ours.key.cluster)
        if mesh is None or not mesh.adopt:
            yield finding("MH201", f"{message}, but the same", owner_of(ours, view), advice=_ADOPT)
    else:
        path, value, other = differs
        message = f"{message}: its {path} is {brief(value)}, ours {brief(other)}"
        yield finding("MH201", message, owner_of(ours, view, path), advice=_REMOVE)


def _full(host: str, namespace: str, cluster: FleetCluster) -> str:
    return host if "." in host or host.startswith("*") else f"{host}.{namespace}.svc.{cluster.cluster_domain}"


RULE = Rule(name="existing_objects", codes=("MH201",), check=_check)
