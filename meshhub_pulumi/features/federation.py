"""Federation: which services get a host name that which other clusters of their mesh can call.

What traffic reaches is federated where the mesh's mode allows it; both sides and the gateway are then described
(federated_host, east_west_gateway).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Discriminator, Tag

from meshhub_pulumi.features.gateway_choice import no_way_in
from meshhub_pulumi.features.lookup import no_tcp_port, nothing_selected
from meshhub_pulumi.features.select import matching, selected
from meshhub_pulumi.features.service_entry import mixed_addresses
from meshhub_pulumi.model.destination import ServiceMatcher, ServiceRef, ServiceSelector
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import FleetService, ServiceKey
from meshhub_pulumi.model.nearest import among
from meshhub_pulumi.model.plugin import Attachment, DoorSite, HostSite, Produced, Reach
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.units import DnsLabel
from meshhub_pulumi.model.view import View

BELOW_POLICIES = (-1, 0)
"""The rank of what federation itself asks for: any policy's wish comes first."""


class FederationRule(MeshModel):
    """These destinations (none named: all) are federated to these clusters (none named: all of the mesh)."""

    destinations: Many[ServiceSelector] = ()
    clusters: Many[DnsLabel] = ()


Federation = Annotated[
    Annotated[Literal["referenced", "none", "permissive"], Tag("<mode>")]
    | Annotated[Many[FederationRule], Tag("<rules>")],
    Discriminator(lambda value: "<mode>" if isinstance(value, str) else "<rules>"),
]
"""Which destinations get a host in which other clusters of the mesh.

`referenced` (default): in exactly those whose policies send to it. `none`: nowhere. `permissive`: everything
everywhere, as Service Mesh Hub did. A list of rules: what they select.
"""


def federate(reach: Reach, view: View) -> Iterator[Produced]:
    """What a reach into another cluster makes necessary, or why it cannot be."""
    if not isinstance(reach.destination, ServiceKey) or reach.client == reach.destination.cluster:
        return
    service = view.service(reach.destination)
    if refusals := list(_refusals(service, reach, view)):
        yield from refusals
        return
    server = view.cluster(service.key.cluster)
    client_site = HostSite(reach.client, view, view.import_host(service.key, reach.client))
    server_site = HostSite(server.name, view, view.export_host(service.key))
    yield Attachment(client_site, "import", None, reach.owner, BELOW_POLICIES)
    yield Attachment(server_site, "export", None, reach.owner, BELOW_POLICIES)
    for door in view.doors[server.name]:
        yield Attachment(DoorSite(server.name, view, door.key), "door", None, reach.owner, BELOW_POLICIES)


def _refusals(service: FleetService, reach: Reach, view: View) -> Iterator[Produced]:
    key, client = service.key, reach.client
    if not view.joined(client, key.cluster):
        yield finding("MH110", f"{client} and {key.cluster} are not in one VirtualMesh", reach.owner)
        return
    if not _federated(service, client, view.mesh_of[client].federation):
        mode = view.mesh_of[client].federation
        reason = "federation is none" if mode == "none" else "no federation rule selects it"
        yield finding("MH110", f"{key} is not federated to {client}: {reason}", reach.owner)
        return
    addresses = view.addresses(key.cluster)
    if mixed := mixed_addresses(addresses):
        yield finding("MH126", f"{key} cannot be reached from {client}: {mixed}", reach.owner)
    if not addresses:
        yield no_way_in(f"{key} cannot be reached from {client}", key.cluster, view, reach.owner)
    if not service.selector:
        yield finding("MH114", f"{key} selects no pods, so its gateway cannot find them", reach.owner)
    if not service.tcp_ports:
        yield no_tcp_port(service, reach.owner)
    yield from ghosts({client, key.cluster}, view, reach.owner)


def ghosts(clusters: set[str], view: View, at: Owner) -> Iterator[Finding]:
    """Clusters whose istiod would take other clusters' pods for its own: it selects by labels wherever it looks."""
    for cluster in sorted(clusters):
        if view.cluster(cluster).remote_secrets:
            yield finding("MH609", f"{cluster} holds remote secrets of other clusters", at)


def _federated(service: FleetService, client: str, federation: object) -> bool:
    if isinstance(federation, str):
        return federation != "none"
    assert isinstance(federation, tuple)
    return any(
        (not rule.clusters or client in rule.clusters)
        and (not rule.destinations or any(selected(service, selector) for selector in rule.destinations))
        for rule in federation
    )


def asked(federation: object, members: tuple[str, ...], view: View, at: Owner) -> Iterator[Produced]:
    """The reaches that a mesh asks for by its federation alone, whatever its policies say.

    What a rule sweeps up and no cluster could call (no pods, no TCP port) is passed over; what it names is not.
    """
    if federation == "permissive":
        yield from _swept(FederationRule(), members, view, at)
    elif not isinstance(federation, str):
        assert isinstance(federation, tuple)
        for index, rule in enumerate(federation):
            place = at.at(f"{at.path}[{index}]")
            yield from _doubts(rule, members, view, place)
            yield from _swept(rule, members, view, place)


def _swept(rule: FederationRule, members: tuple[str, ...], view: View, at: Owner) -> Iterator[Reach]:
    for selector in rule.destinations or (ServiceMatcher(),):
        named = isinstance(selector, ServiceRef)
        for service in matching(view.fleet, selector):
            if service.key.cluster in members and (named or service.carriable):
                for client in members:
                    if client != service.key.cluster and client in (rule.clusters or members):
                        yield Reach(client, service.key, (), at)


def _doubts(rule: FederationRule, members: tuple[str, ...], view: View, at: Owner) -> Iterator[Finding]:
    for index, selector in enumerate(rule.destinations):
        place = at.at(f"{at.path}.destinations[{index}]")
        if not any(matching(view.fleet, selector)):
            yield nothing_selected(selector, view, place)
    for index, cluster in enumerate(rule.clusters):
        if cluster not in members:
            message = f"cluster {cluster} is not in the mesh ({among(cluster, members)})"
            yield finding("MH101", message, at.at(f"{at.path}.clusters[{index}]"))
