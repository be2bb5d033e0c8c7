"""Backings: what a failover service names becomes services at ports, in order, that can stand behind one host."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from meshhub_pulumi.features.federation import ghosts
from meshhub_pulumi.features.gateway_choice import no_way_in
from meshhub_pulumi.features.lookup import find_service, wrong_port
from meshhub_pulumi.model.destination import ServiceRef
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import FleetService, ServiceKey
from meshhub_pulumi.model.topology import is_ip
from meshhub_pulumi.model.view import View

Called = tuple[FleetService, int]
"""A backing service, and the port at which it is called."""


def find_backings(
    refs: Sequence[ServiceRef], port: int, view: View, owner: Owner
) -> tuple[list[Called], list[Finding]]:
    """The services that are named, and what is wrong with the others; `port` is the failover host's own."""
    called: list[Called] = []
    wrong: list[Finding] = []
    for index, ref in enumerate(refs):
        at = owner.at(f"backing_services[{index}]")
        found = find_service(ref, view, at)
        if isinstance(found, Finding):
            wrong.append(found)
        elif (number := _port(ref, found, port)) is None:
            wrong.append(wrong_port(found, ref.port, at))
        elif not found.selector:
            wrong.append(finding("MH114", f"{found.key} selects no pods", at))
        else:
            called.append((found, number))
    return called, wrong


def _port(ref: ServiceRef, service: FleetService, port: int) -> int | None:
    """The port that is named, else the one of the host's number, else the only one there is."""
    wanted = port if ref.port is None else ref.port
    if service.port(wanted):
        return wanted
    return service.only_port.number if ref.port is None and service.only_port else None


def check_placement(called: Sequence[Called], tiered: Collection[str], view: View, owner: Owner) -> Iterator[Finding]:
    """Backings lie in one mesh. Where they become tiers, each lies in its own cluster, entered by gateways with IPs.

    `tiered` are the clusters of the callers for whom they do.
    """
    first = called[0][0].key.cluster
    seen: dict[str, ServiceKey] = {}
    named: set[Called] = set()
    for index, (service, port) in enumerate(called):
        at, cluster = owner.at(f"backing_services[{index}]"), service.key.cluster
        if not view.joined(first, cluster):
            yield finding("MH110", f"{first} and {cluster} are not in one VirtualMesh", at)
        if not tiered:
            if (service, port) in named:
                yield finding("MH106", f"{service.key} is named twice", at, advice="Remove one of the two.")
            named.add((service, port))
            continue
        if cluster in seen:
            yield finding("MH121", f"{service.key} and {seen[cluster]} are in one cluster", at)
        seen.setdefault(cluster, service.key)
        yield from _doors(service.key, tiered, view, at)


def _doors(key: ServiceKey, tiered: Collection[str], view: View, at: Owner) -> Iterator[Finding]:
    if any(client != key.cluster for client in tiered):
        addresses = view.addresses(key.cluster)
        if not addresses:
            yield no_way_in(f"{key} cannot be reached", key.cluster, view, at)
        for address in addresses:
            if isinstance(address, str) and not is_ip(address):
                yield finding("MH122", f"the gateway of {key.cluster} has the DNS name {address}", at)
    yield from ghosts({key.cluster}, view, at)
