"""Subsets of failover hosts: the slice of every backing that has it, in the order in which those are tried.

A backing that lacks the slice is passed over. Where the host's endpoints are tiers, the other clusters' gateways stand
among them once for each slice, with its labels; which pods are meant the gateway learns from the name that the
connection asks for. An aggregate joins the backings' own slices (failover_aggregate).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.features.failover import gateway_tiers, local_tier, sni
from meshhub_pulumi.features.subset import at_hosts, called_by, carries, declared, missing, others
from meshhub_pulumi.model.failover import FailoverHost, backing_name
from meshhub_pulumi.model.finding import finding
from meshhub_pulumi.model.fleet import ServiceKey
from meshhub_pulumi.model.host import subset_name
from meshhub_pulumi.model.plugin import SPARE, Attachment, Feature, HostSite, LabelPairs, Patch, Produced, Reach, Whole
from meshhub_pulumi.model.view import View


@dataclass(frozen=True, slots=True)
class FailoverSlice:
    """The slice of a failover host with these labels."""

    host: FailoverHost
    labels: LabelPairs

    def backings(self, site: HostSite) -> list[tuple[ServiceKey, int]]:
        """The backings that have the slice, in the order of the callers at a site, each with its port."""
        order = site.view.failover_order(self.host, site.cluster)
        return [(key, port) for key, port in order if carries(site.view.service(key), self.labels)]


def _derive(reach: Reach, view: View) -> Iterator[Produced]:
    host = reach.destination
    if not reach.subset or not isinstance(host, FailoverHost) or not host.backings:
        return
    services = [view.service(key) for key in host.services]
    lacking = [service for service in services if not carries(service, reach.subset)]
    if len(lacking) == len(services):
        yield missing(services, reach)
        return
    for service in lacking:
        wanted = ", ".join(f"{key}={value}" for key, value in reach.subset)
        yield finding("MH611", f"{service.key} of {host.hostname} has no workload with {wanted}", reach.owner)
    tiers = view.failover_mode(host, reach.client) == "locality"
    site = HostSite(reach.client, view, view.failover_host(host, reach.client))
    feature = "failover_subset" if tiers else "aggregate_subset"
    yield Attachment(site, feature, FailoverSlice(host, reach.subset), reach.owner)
    if view.dialect_of[reach.client].keeps_subsets:
        for labels in others(services, reach.subset, also=[x for service in services for x in declared(service)]):
            yield Attachment(site, feature, FailoverSlice(host, labels), reach.owner, SPARE)
    for service in services:
        served = [view.export_host(service.key, backing_name(host.hostname))]
        hosts = served if tiers else called_by(service.key, reach.client, view)
        yield from at_hosts(service, hosts, reach, view)


def _subsets(slice_: FailoverSlice, _site: HostSite) -> Patch:
    name = subset_name(dict(slice_.labels))
    # a subset's traffic policy stands beside the host's, which has the tiers and the outlier detection
    tls = {"mode": "ISTIO_MUTUAL", "sni": sni(slice_.host, name)}
    return {name: {"labels": Whole(dict(slice_.labels)), "trafficPolicy": {"tls": Whole(tls)}}}


def _first_entry(slice_: FailoverSlice, site: HostSite) -> Patch | None:
    return _endpoints(slice_, site) if local_tier(slice_.host, site) is None else None


def _second_entry(slice_: FailoverSlice, site: HostSite) -> Patch | None:
    return None if local_tier(slice_.host, site) is None else _endpoints(slice_, site)


def _endpoints(slice_: FailoverSlice, site: HostSite) -> Patch | None:
    behind = [key for key, _ in slice_.backings(site)]
    found = gateway_tiers(slice_.host, site, behind, subset_name(dict(slice_.labels)), slice_.labels)
    return {"endpoints": found} if found else None


FEATURE = Feature(
    name="failover_subset",
    title="Subsets of failover by tiers",
    render={
        istio.SUBSETS: _subsets,
        istio.SERVICE_ENTRY: _first_entry,
        istio.REMOTE_TIERS: _second_entry,
    },
    derive=_derive,
)
