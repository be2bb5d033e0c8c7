"""The order of a failover service: what `nearest` needs to know of the clusters, and the regions that are named."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from meshhub_pulumi.kinds.failover_backings import Called
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.nearest import among
from meshhub_pulumi.model.nearness import NextRegions
from meshhub_pulumi.model.view import View


def check_nearest(
    called: Sequence[Called],
    clients: Collection[str],
    named: Sequence[str],
    next_regions: Sequence[NextRegions],
    view: View,
    owner: Owner,
) -> Iterator[Finding]:
    """What stands in the way of the order; `named` are the clusters that the spec names as those of the callers."""
    mesh = view.mesh_of.get(called[0][0].key.cluster)
    if mesh is not None:
        yield from _regions(next_regions, mesh.members, view, owner)
        yield from _localities(called, [name for name in clients if name in mesh.members], named, view, owner)


def _regions(
    next_regions: Sequence[NextRegions], members: Collection[str], view: View, owner: Owner
) -> Iterator[Finding]:
    """Each region that is named has a cluster of the mesh in it, and says once which regions are next."""
    known = {region for name in members if (region := view.cluster(name).locality.region)}
    seen: set[str] = set()
    for index, said in enumerate(next_regions):
        at = f"next_regions[{index}]"
        if said.region in seen:
            message = f"which regions are next to {said.region} is said twice"
            yield finding("MH106", message, owner.at(f"{at}.region"), advice="Put the regions of both into one list.")
        seen.add(said.region)
        named = [(f"{at}.region", said.region), *((f"{at}.to[{n}]", region) for n, region in enumerate(said.to))]
        for path, region in named:
            if region not in known:
                yield finding("MH101", f"no cluster is in region {region} ({among(region, known)})", owner.at(path))


def _localities(
    called: Sequence[Called], clients: Collection[str], named: Sequence[str], view: View, owner: Owner
) -> Iterator[Finding]:
    """Wherever the order depends on it, somebody says in which region a cluster is.

    With a single backing outside the callers' cluster it does not.
    """
    hosting, placeless = {service.key.cluster for service, _ in called}, set()
    for client in clients:
        outside = hosting - {client}
        if len(outside) > 1:
            placeless |= {name for name in {client, *outside} if not view.cluster(name).locality.region}
    for index, (service, _) in enumerate(called):
        if service.key.cluster in placeless:
            message = f"nobody says in which region {service.key.cluster} is, so nobody knows who is near {service.key}"
            yield finding("MH142", message, owner.at(f"backing_services[{index}]"))
    for client in sorted(placeless - hosting):
        at = f"clusters[{named.index(client)}]" if client in named else "order"
        message = f"nobody says in which region {client} is, so nobody knows what is near its callers"
        yield finding("MH142", message, owner.at(at))
