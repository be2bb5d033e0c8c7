"""Gateway choice: what a mesh's gateway rules leave open, or leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshhub_pulumi.model.destination import ServiceMatcher, ServiceRef
from meshhub_pulumi.model.door import GatewayDoor
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import FleetCluster
from meshhub_pulumi.model.gateway_rule import GatewayRule, candidates, means, rule_for
from meshhub_pulumi.model.nearest import among
from meshhub_pulumi.model.view import View


def doubtful(rules: Sequence[GatewayRule], members: Sequence[str], view: View, at: Owner) -> Iterator[Finding]:
    """What the rules of a mesh name and its clusters lack, and what they leave out in vain."""
    clusters = [view.cluster(name) for name in members]
    for index, rule in enumerate(rules):
        place = f"{at.path}[{index}]"
        for number, selector in enumerate(rule.gateways):
            if not any(means(selector, door, cluster) for cluster in clusters for door in candidates(cluster)):
                yield _nothing(selector, clusters, at.at(f"{place}.gateways[{number}]"))
        if name := rule.port_name:
            for cluster in clusters:
                ruled = [door for door in candidates(cluster) if rule_for(door, cluster, rules) is rule]
                yield from _without_port(name, ruled, cluster, at.at(f"{place}.port_name"))
    if rules:
        yield from (found for cluster in clusters for found in _alike(cluster, view, at))


def _nothing(selector: ServiceRef | ServiceMatcher, clusters: Sequence[FleetCluster], at: Owner) -> Finding:
    if isinstance(selector, ServiceRef):
        known = [f"{door.key}@{cluster.name}" for cluster in clusters for door in candidates(cluster)]
        return finding("MH101", f"the mesh has no gateway {selector} ({among(str(selector), known)})", at)
    return finding("MH116", "no gateway of the mesh has these labels, namespaces and clusters", at)


def _without_port(name: str, doors: Sequence[GatewayDoor], cluster: FleetCluster, at: Owner) -> Iterator[Finding]:
    for door in doors:
        if not door.at_port(name):
            has = ", ".join(port.name for port in door.ports) or "none with a name"
            message = f"the gateway {door.key} of {cluster.name} has no port {name} (it has: {has})"
            yield finding("MH103", message, at, advice=_NAME_THE_PORT)


_NAME_THE_PORT = "Name a port that is among the gateway's ports in the snapshot, or leave the name out."


def _alike(cluster: FleetCluster, view: View, at: Owner) -> Iterator[Finding]:
    """A Gateway is for all pods with its labels, in whatever namespace."""
    doors = view.doors[cluster.name]
    taken = {door.key for door in doors}
    for other in (door for door in cluster.gateways if door.key not in taken):
        if same := next((door for door in doors if door.labels.items() <= other.labels.items()), None):
            labels = ", ".join(f"{name}={value}" for name, value in same.labels.items())
            message = f"in {cluster.name} what opens {same.key} opens {other.key} too: its pods also have {labels}"
            yield finding("MH522", message, at)


def no_way_in(what: str, cluster: str, view: View, at: Owner) -> Finding:
    """The finding for what lies in a cluster that has no address for others, and which gateways the rules left out."""
    taken = {door.key for door in view.doors[cluster]}
    left = [x.key for x in candidates(view.cluster(cluster)) if x.key not in taken and x.addresses]
    message = f"{what}: {cluster} has no gateway address"
    if not left:
        return finding("MH111", message, at)
    message = f"{message}, for the gateway rules of its mesh leave out {', '.join(left)}"
    return finding("MH111", message, at, advice="Add a rule that selects one of these gateways.")
