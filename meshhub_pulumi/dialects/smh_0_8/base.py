"""What Service Mesh Hub 0.8 wrote whether asked or not: a rule for each service, and everything for everybody."""

from __future__ import annotations

from collections.abc import Iterator

from meshhub_pulumi.model.finding import Owner
from meshhub_pulumi.model.plugin import Attachment, HostSite, Produced, Reach
from meshhub_pulumi.model.view import View

_UNLIMITED = ("referenced", "permissive")
"""It knew no other federation than everything to everybody; whoever asks for less gets less."""


def base(cluster: str, view: View) -> Iterator[Produced]:
    """A DestinationRule for every service of the cluster, and a reach from it to every service of its mesh."""
    mesh = view.mesh_of.get(cluster)
    owner = mesh.owner if mesh else Owner("Service Mesh Hub 0.8")
    everything = mesh is not None and mesh.federation in _UNLIMITED
    for key, service in view.fleet.services.items():
        if not service.carriable:
            continue
        if key.cluster == cluster:
            yield Attachment(HostSite(cluster, view, view.local_host(key)), "presence", None, owner)
        elif everything and view.joined(cluster, key.cluster):
            yield Reach(cluster, key, (), owner)
