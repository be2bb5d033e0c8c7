"""Looking up what a spec names: the thing itself, or a finding with the nearest names there are."""

from __future__ import annotations

from meshhub_pulumi.model.destination import FailoverRef, ServiceMatcher, ServiceRef
from meshhub_pulumi.model.failover import FailoverHost
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import FleetService, ServiceKey
from meshhub_pulumi.model.nearest import among
from meshhub_pulumi.model.view import View


def find_service(ref: ServiceRef, view: View, at: Owner) -> FleetService | Finding:
    """The one service that a destination names; it must say in which cluster."""
    if ref.cluster is None:
        clusters = ", ".join(sorted(item.key.cluster for item in view.fleet.named(ref.namespace, ref.name)))
        return finding("MH109", f"{ref} does not say in which cluster (it is in: {clusters or 'none'})", at)
    found = view.fleet.services.get(ServiceKey(ref.namespace, ref.name, ref.cluster))
    return found or unknown_service(ref, view, at)


def unknown_service(ref: ServiceRef, view: View, at: Owner) -> Finding:
    """The finding for a service that the snapshot lacks."""
    if ref.cluster is not None and ref.cluster not in view.fleet.clusters:
        return finding("MH101", f"there is no cluster {ref.cluster} ({among(ref.cluster, view.fleet.clusters)})", at)
    near = view.fleet.nearest_service(ref.namespace, ref.name)
    hint = f"; nearest: {'; '.join(near)}" if near else ""
    return finding("MH101", f"the snapshot has no service {ref}{hint}", at)


def nothing_selected(selector: ServiceRef | ServiceMatcher, view: View, at: Owner) -> Finding:
    """The finding for a selector that means no service."""
    if isinstance(selector, ServiceRef):
        return unknown_service(selector, view, at)
    return finding("MH116", "no service has these labels, namespaces and clusters", at)


def wrong_port(service: FleetService, asked: int | None, at: Owner) -> Finding:
    """The finding for a destination whose port is missing or open to doubt."""
    if not service.tcp_ports:
        return no_tcp_port(service, at)
    numbers = ", ".join(str(port.number) for port in service.tcp_ports)
    if asked is not None:
        return finding("MH103", f"{service.key} has no port {asked} (its ports: {numbers})", at)
    return finding("MH103", f"{service.key} has the ports {numbers}: say which one is meant", at)


def no_tcp_port(service: FleetService, at: Owner) -> Finding:
    """The finding for a destination that no mesh can carry anything to."""
    message = f"{service.key} has no TCP port, and no proxy passes anything else"
    return finding("MH103", message, at, advice="Send to a service with a TCP port.")


def find_failover(ref: FailoverRef, client: str, view: View, at: Owner) -> FailoverHost | Finding:
    """The host of the failover service that a destination names, as a client cluster may call it."""
    found = view.failovers.get((ref.namespace, ref.failover_service))
    if found is None:
        known = [f"{namespace}/{name}" for namespace, name in view.failovers]
        return finding("MH101", f"there is no failover service {ref} ({among(str(ref), known)})", at)
    if found.clients and client not in found.clients:
        advice = "Name the cluster among those that may call the failover service."
        return finding("MH110", f"the failover service {ref} is not offered to cluster {client}", at, advice=advice)
    return found
