"""Subsets: a slice of a destination by labels, defined on every side that needs it.

A slice that is used from afar exists three times: at the destination's own name, at its federated name in the
cluster that serves it (or its gateway has no filter chain for it: 503 for all, istio#40673), and at the federated
name in the calling cluster, where it selects the gateway and the name alone says which slice is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.fleet import FleetService, ServiceKey, selects
from meshhub_pulumi.model.host import subset_name
from meshhub_pulumi.model.plugin import SPARE, Attachment, Feature, HostSite, LabelPairs, Patch, Produced, Reach, Whole
from meshhub_pulumi.model.view import Host, Role, View

SMH_JOINT = "_"


def _derive(reach: Reach, view: View) -> Iterator[Produced]:
    if not reach.subset or not isinstance(reach.destination, ServiceKey):
        return
    service = view.service(reach.destination)
    if not carries(service, reach.subset):
        yield missing([service], reach)
        return
    yield from at_hosts(service, called_by(service.key, reach.client, view), reach, view)


def called_by(key: ServiceKey, client: str, view: View) -> list[Host]:
    """Every host at which a slice of a service must be known for a client cluster to call it."""
    away = [view.import_host(key, client), view.export_host(key)] if client != key.cluster else []
    return [view.local_host(key), *away]


def at_hosts(service: FleetService, hosts: Iterable[Host], reach: Reach, view: View) -> Iterator[Attachment]:
    """The slice that a reach names, those that the snapshot declares, and what else the workloads' labels make.

    What nobody names yet stands for tomorrow's weights, and what nobody names any more for the routes that still
    have it while an update is under way (docs/decisions/0015-subsets-outlive-weights.md).
    """
    named = [reach.subset] if carries(service, reach.subset) else []
    asked = dict.fromkeys([*named, *declared(service)])
    kept = [labels for labels in others([service], reach.subset) if labels not in asked]
    for host in hosts:
        site = HostSite(host.cluster, view, host)
        for labels in asked:
            yield Attachment(site, "subset", labels, reach.owner)
        for labels in kept if view.dialect_of[host.cluster].keeps_subsets else ():
            yield Attachment(site, "subset", labels, reach.owner, SPARE)


def others(services: Iterable[FleetService], named: LabelPairs, also: Iterable[LabelPairs] = ()) -> list[LabelPairs]:
    """The combinations of values that workloads carry for the labels of a slice, but for that slice itself.

    `also` are further slices to list. Of several that would share a name only the first is listed, and none that
    would have the slice's own.
    """
    keys = [key for key, _ in named]
    carried = {
        tuple((key, workload.labels[key]) for key in keys)
        for service in services
        for workload in service.workloads
        if workload.labels.keys() >= set(keys)
    }
    by_name = {subset_name(dict(named)): named}
    for labels in sorted(carried.union(also)):
        by_name.setdefault(subset_name(dict(labels)), labels)
    return list(by_name.values())[1:]


def declared(service: FleetService) -> list[LabelPairs]:
    """The slices that the snapshot declares."""
    return [tuple(labels.items()) for labels in service.declared_subsets]


def carries(service: FleetService, labels: LabelPairs) -> bool:
    """Whether there is such a slice of a service: some workload carries the labels, or the snapshot declares it."""
    wanted = dict(labels)
    return wanted in service.declared_subsets or any(selects(wanted, w.labels) for w in service.workloads)


def missing(services: Sequence[FleetService], reach: Reach) -> Finding:
    """The finding for a slice that no service has."""
    wanted = ", ".join(f"{key}={value}" for key, value in reach.subset)
    behind = " or ".join(str(service.key) for service in services)
    workloads = [workload for service in services for workload in service.workloads]
    values = sorted({f"{key}={w.labels[key]}" for w in workloads for key, _ in reach.subset if key in w.labels})
    message = f"no workload behind {behind} carries {wanted} (there are: {', '.join(values) or 'none'})"
    return finding("MH401", message, reach.owner)


def _istio(labels: LabelPairs, site: HostSite) -> Patch:
    return _subset(labels, site, "-")


def _smh(labels: LabelPairs, site: HostSite) -> Patch:
    return _subset(labels, site, SMH_JOINT)


def _subset(labels: LabelPairs, site: HostSite, joint: str) -> Patch:
    selected: dict[str, Any] = dict(labels)
    if site.host.role is Role.IMPORT:
        assert site.host.serves is not None
        selected = {"cluster": site.host.serves.cluster}
    return {subset_name(dict(labels), joint): {"labels": Whole(selected)}}


FEATURE = Feature(
    name="subset",
    title="Subsets",
    render={istio.SUBSETS: _istio, smh.SUBSETS: _smh},
    derive=_derive,
)
