"""Gateway rules: which gateways of a mesh's clusters the other clusters enter by, and at which port."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshhub_pulumi.model.destination import ServiceMatcher, ServiceRef, ServiceSelector
from meshhub_pulumi.model.door import GatewayDoor
from meshhub_pulumi.model.fleet import FleetCluster
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.units import DnsLabel


class GatewayRule(MeshModel):
    """Other clusters enter by these gateways (none named: all), at the port of this name (none given: their `port`).

    A gateway is selected as the Service that it is: by name, or by labels, namespaces and clusters. Labels are those
    of its pods, or of the Service where the snapshot lists it.
    """

    gateways: Many[ServiceSelector] = ()
    port_name: DnsLabel | None = None


def candidates(cluster: FleetCluster) -> Iterator[GatewayDoor]:
    """The gateways that rules choose among."""
    return (door for door in cluster.gateways if not door.aside)


def chosen(cluster: FleetCluster, rules: Sequence[GatewayRule]) -> tuple[GatewayDoor, ...]:
    """The gateways by which other clusters enter: all of them, or those that any rule selects."""
    if not rules:
        return tuple(candidates(cluster))
    found = ((door, rule_for(door, cluster, rules)) for door in candidates(cluster))
    return tuple(door.at_port(rule.port_name or "") or door for door, rule in found if rule)


def rule_for(door: GatewayDoor, cluster: FleetCluster, rules: Sequence[GatewayRule]) -> GatewayRule | None:
    """The first rule that selects a gateway: it says the port."""
    for rule in rules:
        if not rule.gateways or any(means(selector, door, cluster) for selector in rule.gateways):
            return rule
    return None


def means(selector: ServiceRef | ServiceMatcher, door: GatewayDoor, cluster: FleetCluster) -> bool:
    """Whether a selector means this gateway of a cluster."""
    if isinstance(selector, ServiceRef):
        named = (selector.name, selector.namespace) == (door.name, door.namespace)
        return named and selector.cluster in (None, cluster.name)
    service = cluster.services.get((door.namespace, door.name))
    labels = {*door.labels.items(), *(service.labels.items() if service else ())}
    return (
        labels >= set(selector.labels.items())
        and (not selector.namespaces or door.namespace in selector.namespaces)
        and (not selector.clusters or cluster.name in selector.clusters)
    )
