"""Beside gateways: callers there see no failover host, so a route that sends them to one ends in an error.

What a gateway sees it may pass on to other clusters (docs/decisions/0016-a-gateway-serves-its-own-cluster.md); so the
namespace of one is left out when a failover host is exported, with whoever else is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.fleet import FleetCluster, selects
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.claim import Callers, followed_by
from meshhub_pulumi.rules.place import owner_of
from meshhub_pulumi.rules.routes import Route, routes_of
from meshhub_pulumi.rules.selecting import Labels

_WHOSE = frozenset({"name", "port", "sourceLabels", "sourceNamespace"})
"""What a condition may have that every request of a caller to a port meets."""


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    hosts = {failover.hostname for failover in view.failovers.values()}
    exported: dict[tuple[str, str], Callers] = {}
    senders: dict[str, list[Manifest]] = {}
    for key, manifest in manifests.items() if hosts else ():
        if key.kind == "ServiceEntry":
            exported[key.cluster, manifest.body["spec"]["hosts"][0]] = _followed(manifest, view)
        elif any(hosts & _sent(route) for _, route in routes_of(manifest)):
            senders.setdefault(key.cluster, []).append(manifest)
    for name, routed in senders.items():
        for namespace in sorted({door.namespace for door in view.doors[name]}):
            hidden = {x for x in hosts if namespace not in (exported.get((name, x)) or {namespace})}
            callers = _callers(view.cluster(name), namespace, routed) if hidden else []
            for manifest in routed if callers else ():
                if namespace in (_followed(manifest, view) or {namespace}):
                    yield from _lost(manifest, namespace, callers, hidden, view)


def _followed(manifest: Manifest, view: View) -> Callers:
    return followed_by(manifest, manifest.key.namespace, view.cluster(manifest.key.cluster).istio_namespace)


def _lost(
    manifest: Manifest, namespace: str, callers: Sequence[Labels], hidden: set[str], view: View
) -> Iterator[Finding]:
    """The first route to a hidden host that some caller of the namespace takes."""
    field = "backendRefs" if manifest.key.kind == "HTTPRoute" else "route"
    for labels in callers:
        for path, route in _taken(manifest, namespace, labels):
            if lost := sorted(hidden & _sent(route)):
                callers_there = f"callers in {namespace} of {manifest.key.cluster}"
                message = f"{callers_there} do not see {', '.join(lost)}, for a gateway is there"
                yield finding("MH614", message, owner_of(manifest, view, f"{path}.{field}"))
                return


def _taken(manifest: Manifest, namespace: str, labels: Labels) -> Iterator[tuple[str, Route]]:
    """The routes that requests of a caller may take: none behind one that has all of them."""
    done: set[int | None] = set()
    for path, route in routes_of(manifest):
        for match in _conditions(route):
            port = match.get("port")
            if (
                not done & {None, port}
                and match.get("sourceNamespace", namespace) == namespace
                and selects(match.get("sourceLabels", {}), labels)
            ):
                yield path, route
                done |= {port} if match.keys() <= _WHOSE else set()


def _callers(cluster: FleetCluster, namespace: str, routed: Sequence[Manifest]) -> list[Labels]:
    """Who calls from a namespace, gateways left out: by those labels alone that routes ask for."""
    asked = {
        name
        for manifest in routed
        for _, route in routes_of(manifest)
        for match in _conditions(route)
        for name in match.get("sourceLabels", ())
    }
    pods = (pod for pod in cluster.workloads if pod.namespace == namespace)
    others = (pod for pod in pods if not any(selects(door.labels, pod.labels) for door in cluster.gateways))
    return [dict(one) for one in sorted({tuple(x for x in pod.labels.items() if x[0] in asked) for pod in others})]


def _conditions(route: Route) -> list[Mapping[str, Any]]:
    """Of a route without conditions one that every request meets; what cannot be read is left out."""
    return [match for match in route.get("match") or [{}] if match is not None]


def _sent(route: Route) -> set[str]:
    return {share["destination"]["host"] for share in route["route"]}


RULE = Rule(name="beside_gateways", codes=("MH614",), check=_check)
