"""Failover by an aggregate cluster: Envoy joins the hosts of the backing services, in order, under one name.

An EnvoyFilter takes away the cluster that Istio makes for the failover host and puts the aggregate in its place. Envoy
goes on to the next member when one has no healthy endpoint left, which it learns from outlier detection only: without
it, it never does (measured). For the first second after a backing died requests fail, with retries too: 12 to 36 of
100/s (measured), where tiers lose none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.features.connect_timeout import connecting
from meshhub_pulumi.features.failover import port_name
from meshhub_pulumi.features.failover_subset import FailoverSlice
from meshhub_pulumi.features.outlier_detection import OutlierDetection, ejection
from meshhub_pulumi.features.service_entry import addresses
from meshhub_pulumi.features.subset import SMH_JOINT
from meshhub_pulumi.model.failover import FailoverHost
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import ServiceKey
from meshhub_pulumi.model.host import subset_name
from meshhub_pulumi.model.plugin import Feature, HostSite, Patch, Whole


def _entry(host: FailoverHost, site: HostSite, port: Mapping[str, Any]) -> Patch:
    """The name and its virtual IP; there is nothing to resolve behind it, since the aggregate takes its place."""
    patch = {
        **addresses(site, host.name, host.namespace, "", "failover-service"),
        "location": "MESH_INTERNAL",
        "resolution": "DNS",
        "ports": [port],
    }
    return {key: Whole(value) for key, value in patch.items()}


def _istio_entry(host: FailoverHost, site: HostSite) -> Patch:
    return _entry(host, site, {"number": host.port, "name": port_name(host), "protocol": host.protocol})


def _smh_entry(host: FailoverHost, site: HostSite) -> Patch:
    return _entry(host, site, {"number": host.port, "protocol": host.protocol, "name": host.protocol})


def _in_order(host: FailoverHost, site: HostSite) -> Iterable[tuple[ServiceKey, int]]:
    return site.view.failover_order(host, site.cluster)


def _cluster(port: int, subset: str, host: str) -> str:
    return f"outbound|{port}|{subset}|{host}"


def _members(backings: Iterable[tuple[ServiceKey, int]], subset: str, site: HostSite) -> list[str]:
    return [_cluster(port, subset, site.view.host_name(key, site.cluster)) for key, port in backings]


def _filter(name: str, subset: str, config: Mapping[str, Any], where: Mapping[str, Any], context: str) -> Patch:
    """The two steps that put an aggregate in a cluster's place; subsets come before the host as a whole."""
    added = {
        "name": name,
        "connect_timeout": "1s",
        "lb_policy": "CLUSTER_PROVIDED",
        "cluster_type": {"name": "envoy.clusters.aggregate", "typed_config": config},
    }
    found = {"context": context, "cluster": {"name": name}}
    steps = [(found, {"operation": "REMOVE"}), (where, {"operation": "ADD", "value": added})]
    return {
        "configPatches": {
            (not subset, subset, number): Whole({"applyTo": "CLUSTER", "match": match, "patch": step})
            for number, (match, step) in enumerate(steps)
        }
    }


def _istio_filter(
    host: FailoverHost, site: HostSite, backings: Iterable[tuple[ServiceKey, int]], subset: str = ""
) -> Patch:
    config = {
        "@type": "type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig",
        "clusters": _members(backings, subset, site),
    }
    context = "SIDECAR_OUTBOUND"
    return _filter(_cluster(host.port, subset, host.hostname), subset, config, {"context": context}, context)


def _smh_filter(
    host: FailoverHost, site: HostSite, backings: Iterable[tuple[ServiceKey, int]], subset: str = ""
) -> Patch:
    name, context = _cluster(host.port, subset, host.hostname), "ANY"
    config = {
        "@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
        "type_url": "type.googleapis.com/envoy.config.cluster.aggregate.v2alpha.ClusterConfig",
        "value": {"clusters": _members(backings, subset, site)},
    }
    return _filter(name, subset, config, {"context": context, "cluster": {"name": name}}, context)


AGGREGATE = Feature(
    name="aggregate",
    title="Failover by aggregate",
    render={
        istio.SERVICE_ENTRY: _istio_entry,
        istio.FAILOVER_FILTER: lambda host, site: _istio_filter(host, site, _in_order(host, site)),
        smh.SERVICE_ENTRY: _smh_entry,
        smh.FAILOVER_FILTER: lambda host, site: _smh_filter(host, site, _in_order(host, site)),
    },
)


@dataclass(frozen=True, slots=True)
class Member:
    """How callers of an aggregate recognise that one of its backings has failed; `said`: somebody asked for that."""

    outlier: OutlierDetection
    connect_timeout: str
    said: bool


def _recognised(member: Member, _site: HostSite) -> Patch:
    return {**ejection(member.outlier), **connecting(member.connect_timeout)}


def _check_member(member: Member, site: HostSite, owner: Owner) -> Iterator[Finding]:
    dialect = site.view.dialect_of[site.cluster]
    if member.said and smh.TRAFFIC_POLICY in dialect.hooks:
        message = f"the outlier detection of a failover service cannot be expressed in {dialect.title}"
        yield finding("MH301", message, owner, advice="Ask for it in a TrafficPolicy for each backing service.")


MEMBER = Feature(
    name="aggregate_member",
    title="Failover by aggregate, backing",
    # Service Mesh Hub left it to policies
    render={istio.TRAFFIC_POLICY: _recognised, smh.TRAFFIC_POLICY: lambda _member, _site: None},
    check=_check_member,
)


def _istio_slice(slice_: FailoverSlice, site: HostSite) -> Patch:
    return _istio_filter(slice_.host, site, slice_.backings(site), subset_name(dict(slice_.labels)))


def _smh_slice(slice_: FailoverSlice, site: HostSite) -> Patch:
    return _smh_filter(slice_.host, site, slice_.backings(site), subset_name(dict(slice_.labels), SMH_JOINT))


def _subsets(joint: str) -> Callable[[FailoverSlice, HostSite], Patch]:
    def render(slice_: FailoverSlice, _site: HostSite) -> Patch:
        return {subset_name(dict(slice_.labels), joint): {"labels": Whole(dict(slice_.labels))}}

    return render


SUBSET = Feature(
    name="aggregate_subset",
    title="Subsets of failover by aggregate",
    render={
        istio.SUBSETS: _subsets("-"),
        istio.FAILOVER_FILTER: _istio_slice,
        smh.SUBSETS: _subsets(SMH_JOINT),
        smh.FAILOVER_FILTER: _smh_slice,
    },
)
