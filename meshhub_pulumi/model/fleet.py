"""The fleet: every cluster with all that the program and the snapshot say of it, indexed once.

`join` lays the program's clusters over the snapshot's. Everything that resolves a name asks the fleet, and a
name it lacks comes back with the nearest ones it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from meshhub_pulumi.model.host import protocol_of
from meshhub_pulumi.model.snapshot import ClusterSnapshot, Gateway, MeshSnapshot, Service, Workload
from meshhub_pulumi.model.topology import Cluster, EastWestGateway, Locality


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


@dataclass(frozen=True, slots=True)
class GatewayDoor:
    """An east-west gateway with everything resolved; addresses may be late."""

    name: str
    namespace: str
    labels: Mapping[str, str]
    addresses: tuple[Any, ...]
    port: int
    container_port: int

    @property
    def key(self) -> str:
        """Namespace and name: unique in its cluster."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, eq=False)
class FleetService:
    """A Service with its ports resolved and the workloads behind it."""

    key: ServiceKey
    labels: Mapping[str, str]
    selector: Mapping[str, str]
    ports: tuple[Port, ...]
    declared_subsets: tuple[Mapping[str, str], ...]
    workloads: tuple[Workload, ...]

    def port(self, number: int) -> Port | None:
        """The port of that number."""
        return next((port for port in self.ports if port.number == number), None)

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
    """One cluster as the compile sees it."""

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
    gateways: tuple[GatewayDoor, ...]
    services: Mapping[tuple[str, str], FleetService]
    workloads: tuple[Workload, ...]
    objects: tuple[Mapping[str, Any], ...]

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """Every namespace that holds services or workloads."""
        return frozenset({namespace for namespace, _ in self.services} | {w.namespace for w in self.workloads})


@dataclass(frozen=True, eq=False)
class Fleet:
    """Every cluster, by name, in order of the names."""

    clusters: Mapping[str, FleetCluster]

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

    def nearest_service(self, namespace: str, name: str) -> list[str]:
        """The services whose names come closest, as `namespace/name in cluster, cluster`, best first."""
        known = {f"{ns}/{n}": items for (ns, n), items in self._by_name.items()}
        return [
            f"{near} in {', '.join(sorted(item.key.cluster for item in known[near]))}"
            for near in nearest(f"{namespace}/{name}", known)
        ]


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names that look like `name`, best first."""
    return get_close_matches(name, sorted(known), n=3, cutoff=0.6)


def among(name: str, known: Iterable[str]) -> str:
    """What to say of a name that is not among the known ones: the nearest, else all there are."""
    known = list(known)
    near = nearest(name, known)
    return f"nearest: {', '.join(near)}" if near else f"there are: {', '.join(sorted(known)) or 'none'}"


def join(clusters: Sequence[Cluster], snapshot: MeshSnapshot) -> Fleet:
    """The program's clusters laid over the snapshot's; what neither says takes its default."""
    said = {cluster.name: cluster for cluster in clusters}
    names = sorted({*said, *snapshot.clusters})
    return Fleet({n: _joined(said.get(n) or Cluster(n), snapshot.clusters.get(n) or ClusterSnapshot()) for n in names})


def _joined(said: Cluster, seen: ClusterSnapshot) -> FleetCluster:
    istio_namespace = said.istio_namespace or seen.istio_namespace
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
        gateways=_doors(said.gateway, seen.gateways, istio_namespace),
        services=_services(said.name, seen),
        workloads=tuple(seen.workloads),
        objects=tuple(seen.objects),
    )


def _doors(said: EastWestGateway | None, seen: Sequence[Gateway], istio_namespace: str) -> tuple[GatewayDoor, ...]:
    if said is None:
        return tuple(_door(EastWestGateway(), gateway, istio_namespace) for gateway in seen)
    beneath = next((gateway for gateway in seen if said.name in (None, gateway.name)), Gateway())
    return (_door(said, beneath, istio_namespace),)


def _door(said: EastWestGateway, seen: Gateway, istio_namespace: str) -> GatewayDoor:
    port = said.port or seen.port
    return GatewayDoor(
        name=said.name or seen.name,
        namespace=said.namespace or seen.namespace or istio_namespace,
        labels=said.labels or seen.labels,
        addresses=said.all_addresses or tuple(seen.addresses),
        port=port,
        container_port=said.container_port or seen.container_port or port,
    )


def _services(cluster: str, seen: ClusterSnapshot) -> dict[tuple[str, str], FleetService]:
    by_namespace: dict[str, list[Workload]] = {}
    for workload in seen.workloads:
        by_namespace.setdefault(workload.namespace, []).append(workload)
    return {
        (service.namespace, service.name): _service(cluster, service, by_namespace.get(service.namespace, []))
        for service in sorted(seen.services, key=lambda x: (x.namespace, x.name))
    }


def _service(cluster: str, service: Service, neighbours: Sequence[Workload]) -> FleetService:
    behind = tuple(w for w in neighbours if service.selector and selects(service.selector, w.labels))
    return FleetService(
        key=ServiceKey(service.namespace, service.name, cluster),
        labels=service.labels,
        selector=service.selector,
        ports=tuple(
            Port(
                number=port.port,
                name=port.name,
                target=_target(port.target_port, port.port, behind),
                protocol=protocol_of(port.name, port.app_protocol, port.protocol),
                target_name=_target_name(port.target_port),
            )
            for port in service.ports
        ),
        declared_subsets=tuple(service.subsets),
        workloads=behind,
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


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether every label of the selector is among the labels."""
    return selector.items() <= labels.items()
