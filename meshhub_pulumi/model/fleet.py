"""The fleet: every cluster with all that the program and the snapshot say of it, indexed once.

`join` lays the program's clusters over the snapshot's. Everything that resolves a name asks the fleet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from meshhub_pulumi.model.door import GatewayDoor, doors_of
from meshhub_pulumi.model.host import HTTP_PROTOCOLS, protocol_of
from meshhub_pulumi.model.index import Index, labelled, within
from meshhub_pulumi.model.nearest import nearest
from meshhub_pulumi.model.snapshot import ClusterSnapshot, MeshSnapshot, Service, Workload
from meshhub_pulumi.model.topology import Cluster, Locality


@dataclass(frozen=True, slots=True, order=True)
class ServiceKey:
    """A Kubernetes Service of one cluster."""

    namespace: str
    name: str
    cluster: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}@{self.cluster}"


@dataclass(frozen=True, slots=True)
class Port:
    """A Service's port with everything resolved; `protocol` is None where the port declares none.

    `target_name` is what the Service calls the target by; empty where it gives the number, or none.
    """

    number: int
    name: str
    target: int
    protocol: str | None
    target_name: str = ""

    @property
    def has_requests(self) -> bool:
        """Whether a sidecar can see requests there: declared HTTP, or undeclared (the sidecar then looks)."""
        return self.protocol is None or self.protocol in HTTP_PROTOCOLS


@dataclass(frozen=True, eq=False)
class FleetService:
    """A Service of the snapshot; its ports and the workloads behind it are resolved when something asks for them.

    Of most services nothing ever does. `pods` are the workloads of its cluster.
    """

    key: ServiceKey
    seen: Service
    pods: Index[Workload] = field(repr=False)

    @property
    def labels(self) -> Mapping[str, str]:
        """The Service's own labels."""
        return self.seen.labels

    @property
    def selector(self) -> Mapping[str, str]:
        """The labels of its pods; none where something else says what its endpoints are."""
        return self.seen.selector

    @property
    def declared_subsets(self) -> Sequence[Mapping[str, str]]:
        """Slices that exist whatever the workloads' labels are."""
        return self.seen.subsets

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """The workloads that it selects."""
        return tuple(carriers(self.pods, self.key.namespace, self.selector)) if self.selector else ()

    @cached_property
    def ports(self) -> tuple[Port, ...]:
        """Its ports, in the order of the Service."""
        return tuple(
            Port(
                number=port.port,
                name=port.name,
                target=_target(port.target_port, port.port, self.workloads),
                protocol=protocol_of(port.name, port.app_protocol, port.protocol),
                target_name=_target_name(port.target_port),
            )
            for port in self.seen.ports
        )

    def port(self, number: int) -> Port | None:
        """The port of that number that a mesh can carry; another transport may have the number too."""
        return next((port for port in self.tcp_ports if port.number == number), None)

    @property
    def only_port(self) -> Port | None:
        """The one port that a mesh can carry; None where it has several, or none."""
        carried = self.tcp_ports
        return carried[0] if len(carried) == 1 else None

    @property
    def tcp_ports(self) -> list[Port]:
        """The ports that a mesh can carry."""
        return [port for port in self.ports if port.protocol != "UDP"]

    @property
    def carriable(self) -> bool:
        """Whether other clusters could call it: it has pods of its own and a port that a mesh can carry."""
        return bool(self.selector and self.tcp_ports)


@dataclass(frozen=True, eq=False)
class FleetCluster:
    """One cluster as the compile sees it; `pods` are its workloads by namespace and labels."""

    name: str
    provider: Any
    dialect: str | None
    istio_version: str | None
    istio_namespace: str
    trust_domain: str
    cluster_domain: str
    network: str | None
    locality: Locality
    remote_secrets: bool
    dns_proxying: bool | None
    gateways: tuple[GatewayDoor, ...]
    services: Mapping[tuple[str, str], FleetService]
    workloads: tuple[Workload, ...]
    pods: Index[Workload]
    objects: tuple[Mapping[str, Any], ...]

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """Every namespace that holds services or workloads."""
        return frozenset({namespace for namespace, _ in self.services} | {w.namespace for w in self.workloads})

    @cached_property
    def _by_selector(self) -> Mapping[tuple[str, frozenset[tuple[str, str]]], list[FleetService]]:
        found: dict[tuple[str, frozenset[tuple[str, str]]], list[FleetService]] = {}
        for service in self.services.values():
            found.setdefault((service.key.namespace, frozenset(service.selector.items())), []).append(service)
        return found

    def selecting(self, namespace: str, labels: Mapping[str, str]) -> Sequence[FleetService]:
        """The services of a namespace with just this selector."""
        return self._by_selector.get((namespace, frozenset(labels.items())), ())

    @cached_property
    def _by_label(self) -> Index[FleetService]:
        return Index(tuple(self.services.values()), lambda x: labelled(x.selector))

    def asking_for(self, labels: Mapping[str, str]) -> list[FleetService]:
        """The services of any namespace whose pods must have all of these labels."""
        alike = self._by_label.candidates(*([trait] for trait in labelled(labels)))
        return [service for service in alike if selects(labels, service.selector)]


@dataclass(frozen=True, eq=False)
class Fleet:
    """Every cluster, by name, in order of the names, and what it was joined from."""

    clusters: Mapping[str, FleetCluster]
    said: tuple[Cluster, ...]
    snapshot: MeshSnapshot

    @cached_property
    def services(self) -> Mapping[ServiceKey, FleetService]:
        """Every service of every cluster."""
        return {s.key: s for cluster in self.clusters.values() for s in cluster.services.values()}

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], tuple[FleetService, ...]]:
        found: dict[tuple[str, str], list[FleetService]] = {}
        for item in self.services.values():
            found.setdefault((item.key.namespace, item.key.name), []).append(item)
        return {name: tuple(items) for name, items in found.items()}

    def named(self, namespace: str, name: str) -> tuple[FleetService, ...]:
        """The services of that name in every cluster that has one."""
        return self._by_name.get((namespace, name), ())

    @cached_property
    def index(self) -> Index[FleetService]:
        """Every service by cluster, namespace and labels."""
        return Index(
            tuple(self.services.values()),
            lambda x: [
                *within("cluster", [x.key.cluster]),
                *within("namespace", [x.key.namespace]),
                *labelled(x.labels),
            ],
        )

    def nearest_service(self, namespace: str, name: str) -> list[str]:
        """The services whose names come closest, as `namespace/name in cluster, cluster`, best first."""
        return [
            f"{near} in {', '.join(sorted(item.key.cluster for item in self._by_title[near]))}"
            for near in nearest(f"{namespace}/{name}", self._by_title)
        ]

    @cached_property
    def _by_title(self) -> Mapping[str, tuple[FleetService, ...]]:
        return {f"{namespace}/{name}": items for (namespace, name), items in self._by_name.items()}


def join(clusters: Sequence[Cluster], snapshot: MeshSnapshot, before: Fleet | None = None) -> Fleet:
    """The program's clusters laid over the snapshot's; what neither says takes its default.

    A fleet that was joined from the same before is taken as it is, with all that has been looked up in it.
    """
    if before is not None and before.snapshot is snapshot and before.said == tuple(clusters):
        return before
    said = {cluster.name: cluster for cluster in clusters}
    joined = {
        name: _joined(said.get(name) or Cluster(name), snapshot.clusters.get(name) or ClusterSnapshot())
        for name in sorted({*said, *snapshot.clusters})
    }
    return Fleet(joined, tuple(clusters), snapshot)


def _joined(said: Cluster, seen: ClusterSnapshot) -> FleetCluster:
    istio_namespace = said.istio_namespace or seen.istio_namespace
    pods = Index[Workload](seen.workloads, lambda x: [("namespace", x.namespace), *labelled(x.labels)])
    return FleetCluster(
        name=said.name,
        provider=said.provider,
        dialect=said.dialect,
        istio_version=said.istio_version or seen.istio_version,
        istio_namespace=istio_namespace,
        trust_domain=said.trust_domain or seen.trust_domain,
        cluster_domain=said.cluster_domain or seen.cluster_domain,
        network=said.network or seen.network,
        locality=said.locality or seen.locality,
        remote_secrets=said.remote_secrets,
        dns_proxying=seen.dns_proxying if said.dns_proxying is None else said.dns_proxying,
        gateways=doors_of(said.gateway, seen.gateways, istio_namespace),
        services={
            (x.namespace, x.name): FleetService(ServiceKey(x.namespace, x.name, said.name), x, pods)
            for x in sorted(seen.services, key=lambda x: (x.namespace, x.name))
        },
        workloads=tuple(seen.workloads),
        pods=pods,
        objects=tuple(seen.objects),
    )


def _target(target: int | str | None, port: int, behind: Sequence[Workload]) -> int:
    if target is None:
        return port
    if isinstance(target, int):
        return target
    if target.isdigit():
        return int(target)
    return next((w.container_ports[target] for w in behind if target in w.container_ports), port)


def _target_name(target: int | str | None) -> str:
    return target if isinstance(target, str) and not target.isdigit() else ""


def carriers(pods: Index[Workload], namespace: str | None, labels: Mapping[str, str]) -> Iterator[Workload]:
    """The workloads that carry all these labels, in a namespace or in any."""
    inside = [namespace] if namespace else []
    for workload in pods.candidates(within("namespace", inside), *([trait] for trait in labelled(labels))):
        if (not namespace or workload.namespace == namespace) and selects(labels, workload.labels):
            yield workload


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether every label of the selector is among the labels."""
    return selector.items() <= labels.items()
