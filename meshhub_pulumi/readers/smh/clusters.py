"""Clusters: discovered objects become the clusters of a snapshot that they speak of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.snapshot import ClusterSnapshot, Service, ServicePort, Workload
from meshhub_pulumi.model.topology import Locality
from meshhub_pulumi.readers.place import Place
from meshhub_pulumi.readers.smh.discovery import Seen, SeenCluster, SeenMesh, SeenService, SeenWorkload
from meshhub_pulumi.readers.smh.gateways import likely_gateways, listed_gateways


def assemble_clusters(seen: Iterable[Seen]) -> tuple[dict[str, tuple[ClusterSnapshot, Place]], list[Finding]]:
    """Every cluster that the objects speak of, with the place of the first of them."""
    findings: list[Finding] = []
    parts: dict[str, dict[tuple[str, ...], Seen]] = {}
    for item in seen:
        cluster, key = _identity(item)
        first = parts.setdefault(cluster, {}).setdefault(key, item)
        if first.value != item.value:
            message = f"cluster {cluster} has this twice, differently; first at {_named(first.place)}"
            findings.append(item.place.found("MH106", "", message))
    clusters = {
        cluster: (_cluster([item.value for item in items.values()]), next(iter(items.values())).place)
        for cluster, items in parts.items()
    }
    return clusters, findings


def _named(place: Place) -> str:
    return f"{place.title} ({place.document.source.name}:{place.document.line_of('')})"


def _identity(item: Seen) -> tuple[str, tuple[str, ...]]:
    """The cluster of an object, and what is unique in it."""
    match item.value:
        case SeenService() | SeenWorkload() as value:
            # a Deployment and a StatefulSet of one name are two workloads, told apart by their objects' names
            own = item.name if isinstance(value, SeenWorkload) else ""
            return value.cluster, (type(value).__name__, value.namespace, value.name, own)
        case SeenMesh() as value:
            return value.cluster, ("SeenMesh",)
        case _:
            return item.name, ("SeenCluster",)


def _cluster(values: list[MeshModel]) -> ClusterSnapshot:
    fields: dict[str, Any] = {}
    found: list[SeenService] = []
    services: list[Service] = []
    workloads: list[Workload] = []
    for value in values:
        match value:
            case SeenCluster():
                fields["cluster_domain"] = value.cluster_domain
            case SeenMesh():
                fields |= {
                    "istio_version": value.istio_version,
                    "istio_namespace": value.istio_namespace,
                    "trust_domain": value.trust_domain,
                    "locality": Locality(region=value.region),
                    "dns_proxying": value.dns_proxying,
                    "gateways": listed_gateways(value.gateways),
                }
            case SeenService():
                found.append(value)
                services.append(_service(value))
            case SeenWorkload():
                workloads.append(Workload(**value.model_dump(exclude={"cluster"})))
    fields["gateways"] = fields.get("gateways") or sorted(likely_gateways(found), key=lambda x: (x.namespace, x.name))
    return ClusterSnapshot(
        **fields,
        services=sorted(services, key=lambda x: (x.namespace, x.name)),
        workloads=sorted(workloads, key=lambda x: (x.namespace, x.name)),
    )


def _service(seen: SeenService) -> Service:
    ports = [ServicePort(**port.model_dump(exclude={"node_port"})) for port in seen.ports]
    return Service(name=seen.name, namespace=seen.namespace, selector=seen.selector, labels=seen.labels, ports=ports)
