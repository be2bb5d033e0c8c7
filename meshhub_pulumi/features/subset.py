"""Subsets: a slice of a destination by labels, defined on every side that needs it.

A slice that is used from afar exists three times: at the destination's own name, at its federated name in the
cluster that serves it (or its gateway has no filter chain for it: 503 for all, istio#40673), and at the federated
name in the calling cluster, where it selects the gateway and the name alone says which slice is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.finding import finding
from meshhub_pulumi.model.fleet import FleetService, ServiceKey, selects
from meshhub_pulumi.model.host import subset_name
from meshhub_pulumi.model.plugin import Attachment, Feature, HostSite, Patch, Produced, Reach, Whole
from meshhub_pulumi.model.view import Role, View

SMH_JOINT = "_"

Labels = tuple[tuple[str, str], ...]


def _derive(reach: Reach, view: View) -> Iterator[Produced]:
    if not reach.subset or not isinstance(reach.destination, ServiceKey):
        return
    service = view.service(reach.destination)
    if not _exists(service, dict(reach.subset)):
        yield _missing(service, dict(reach.subset), reach)
        return
    hosts = [view.local_host(service.key)]
    if reach.client != service.key.cluster:
        hosts += [view.import_host(service.key, reach.client), view.export_host(service.key)]
    declared = [tuple(sorted(labels.items())) for labels in service.declared_subsets]
    for labels in dict.fromkeys([reach.subset, *declared]):
        for host in hosts:
            yield Attachment(HostSite(host.cluster, view, host), "subset", labels, reach.owner)


def _exists(service: FleetService, labels: Mapping[str, str]) -> bool:
    return labels in service.declared_subsets or any(selects(labels, w.labels) for w in service.workloads)


def _missing(service: FleetService, labels: Mapping[str, str], reach: Reach) -> Produced:
    wanted = ", ".join(f"{key}={value}" for key, value in labels.items())
    values = sorted({f"{key}={w.labels[key]}" for w in service.workloads for key in labels if key in w.labels})
    message = f"no workload behind {service.key} carries {wanted} (there are: {', '.join(values) or 'none'})"
    return finding("MH401", message, reach.owner)


def _istio(labels: Labels, site: HostSite) -> Patch:
    return _subset(labels, site, "-")


def _smh(labels: Labels, site: HostSite) -> Patch:
    return _subset(labels, site, SMH_JOINT)


def _subset(labels: Labels, site: HostSite, joint: str) -> Patch:
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
