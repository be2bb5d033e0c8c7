"""What a snapshot says becomes addresses, names and pods: everything that a live mesh consists of, as values.

    MeshSnapshot ──plan──> Plan ┬─ .wiring: namespaces, links, addresses, NAT      (lab.mesh.network)
                                └─ .clusters: services, pods, gateways, objects    (lab.mesh.objects)

Every cluster has one node. It is its pods' way out and what the rest of the world sees of the cluster: it
answers to the addresses of the cluster's gateways and hands what arrives there to the gateway's pods.

Clusters with the same `network` share one pod network. Every other cluster has its own, and all of those use the
same addresses, so that pods of two such clusters cannot meet but through gateways.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from lab import istiod
from lab.apiserver import SERVICE_RANGE
from lab.errors import LabError
from lab.mesh.speech import Speech
from lab.mesh.wiring import OUTSIDE, PODS, Forward, Node, Pod, Wiring
from lab.state import DEFAULT_TRUST_DOMAIN
from meshhub_pulumi.model.snapshot import ClusterSnapshot, Gateway, MeshSnapshot, Service, Workload
from meshhub_pulumi.model.topology import Locality, is_ip

SERVICES = ipaddress.IPv4Network(SERVICE_RANGE)
INJECT = "sidecar.istio.io/inject"
"""The label by whose value `false` a workload has no sidecar."""
APP_PORT = 8080
"""Where the app of a pod listens to which nothing assigns a port."""
CLUSTER_DOMAIN = "cluster.local"
_PODS_OF_A_CLUSTER = 240
_FIRST_POD = 10
_FIRST_NAMED = 65_536  # 100.65.0.0 on, for gateways that the snapshot calls by a DNS name


class Role(Enum):
    """What runs in a pod."""

    SIDECAR = "sidecar"
    """An app whose traffic goes through a proxy."""
    GATEWAY = "gateway"
    """A proxy alone."""
    BARE = "bare"
    """An app alone."""

    @property
    def has_proxy(self) -> bool:
        return self is not Role.BARE

    @property
    def has_app(self) -> bool:
        return self is not Role.GATEWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class PodPlan:
    """One pod; `netns` is its network namespace on this machine."""

    cluster: str
    namespace: str
    name: str
    role: Role
    labels: Mapping[str, str]
    service_account: str
    address: str
    ports: Mapping[str, int]
    """Where it listens, by name."""
    speech: Mapping[int, Speech]
    """What it speaks at those of its ports where a Service asks for something."""
    netns: str

    @property
    def key(self) -> str:
        """Unique in its cluster."""
        return f"{self.namespace}/{self.name}"

    def speaking(self, speech: Speech) -> list[int]:
        """The ports at which it speaks this, sorted."""
        return sorted({port for port in self.ports.values() if self.speech.get(port, Speech.PLAIN) is speech})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """A Service with its clusterIP; `outside` are the addresses at which a load balancer offers it."""

    service: Service
    cluster_ip: str
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPlan:
    """One cluster."""

    name: str
    trust_domain: str
    network: str | None
    """Its name for those that know of each other; None for a network of its own."""
    locality: Locality
    node: Node
    services: tuple[ServicePlan, ...]
    pods: tuple[PodPlan, ...]
    objects: tuple[Mapping[str, Any], ...]
    """Its Istio objects from the beginning."""

    @property
    def namespaces(self) -> list[str]:
        """Every namespace that something of it lives in, sorted."""
        found = {service.service.namespace for service in self.services} | {pod.namespace for pod in self.pods}
        found |= {str(thing["metadata"].get("namespace") or "default") for thing in self.objects}
        return sorted(found | {istiod.NAMESPACE})


@dataclass(frozen=True)
class Plan:
    """A whole mesh; the name of every network namespace of it begins with `prefix` and a hyphen."""

    prefix: str
    clusters: Mapping[str, ClusterPlan]
    hosts: Mapping[str, str]
    """Addresses of the gateways that the snapshot calls by a DNS name."""

    @cached_property
    def wiring(self) -> Wiring:
        """What the network has to be."""
        return Wiring(
            prefix=self.prefix,
            nodes=tuple(cluster.node for cluster in self.clusters.values()),
            pods=tuple(self._wired(pod) for cluster in self.clusters.values() for pod in cluster.pods),
        )

    def _wired(self, pod: PodPlan) -> Pod:
        node = self.clusters[pod.cluster].node
        return Pod(
            namespace=pod.netns,
            network=node.network,
            address=pod.address,
            via=node.address,
            captured=pod.role is Role.SIDECAR,
            hosts={istiod.HOST: node.address, **self.hosts},
        )


def plan(snapshot: MeshSnapshot, prefix: str) -> Plan:
    """The mesh that the snapshot describes; the same snapshot gives the same plan. `prefix` is the lab folder's.

    One pod for each workload, one for each address of a gateway. Raises LabError for what a lab cannot be.
    """
    if not snapshot.clusters:
        raise LabError("the snapshot has no clusters")
    gateways = [
        address for seen in snapshot.clusters.values() for gateway in seen.gateways for address in gateway.addresses
    ]
    if twice := sorted({address for address in gateways if gateways.count(address) > 1}):
        raise LabError(f"two gateways have the address {twice[0]}")
    named = [address for address in gateways if not is_ip(address)]
    hosts = {name: str(OUTSIDE[_FIRST_NAMED + index]) for index, name in enumerate(named)}

    neighbours: dict[str, int] = {}
    clusters = {}
    for number, (name, seen) in enumerate(snapshot.clusters.items(), start=1):
        _refuse(name, seen)
        # A space cannot be in a network's name, so an own network is never taken for a shared one.
        network = seen.network or f"of {name}"
        place = neighbours[network] = neighbours.get(network, -1) + 1
        clusters[name] = _cluster(name, seen, prefix, network, place, str(OUTSIDE[number]), hosts)
    return Plan(prefix, clusters, hosts)


def _refuse(name: str, seen: ClusterSnapshot) -> None:
    """Raise LabError for what the lab's control planes are not."""
    for what, asked, have in (
        ("cluster domain", seen.cluster_domain, CLUSTER_DOMAIN),
        ("Istio namespace", seen.istio_namespace, istiod.NAMESPACE),
    ):
        if asked != have:
            raise LabError(f"{name} has the {what} {asked}: every cluster of a lab has {have}")
    for gateway in seen.gateways:
        for address in filter(is_ip, gateway.addresses):
            parsed = ipaddress.ip_address(address)
            if parsed.version != 4 or parsed.is_loopback or any(parsed in taken for taken in (PODS, SERVICES, OUTSIDE)):
                raise LabError(
                    f"{name}: the gateway {gateway.name} cannot have the address {address}",
                    advice=f"Use an IPv4 address outside {PODS}, {SERVICES} and {OUTSIDE}.",
                )


def _cluster(
    name: str, seen: ClusterSnapshot, prefix: str, network: str, place: int, outside: str, hosts: Mapping[str, str]
) -> ClusterPlan:
    pods = list(_pods(name, seen, prefix, place))
    if len(pods) > _PODS_OF_A_CLUSTER:
        raise LabError(f"{name} has {len(pods)} pods: a lab's cluster holds at most {_PODS_OF_A_CLUSTER}")
    if twice := sorted({pod.key for pod in pods if [other.key for other in pods].count(pod.key) > 1}):
        raise LabError(f"{name} has two pods {twice[0]}", advice="Give workloads and gateways different names.")
    forwards = list(_forwards(seen, pods, hosts))
    services = [*seen.services, *(_gateway_service(gateway) for gateway in seen.gateways)]
    addresses = [()] * len(seen.services) + [tuple(gateway.addresses) for gateway in seen.gateways]
    return ClusterPlan(
        name=name,
        trust_domain=seen.trust_domain or DEFAULT_TRUST_DOMAIN,
        network=seen.network,
        locality=seen.locality,
        node=Node(
            namespace=f"{prefix}-{name}.node",
            network=network,
            address=str(PODS[256 * place + 1]),
            outside=(outside, *(forward.address for forward in forwards)),
            forwards=tuple(forwards),
        ),
        services=tuple(
            # Not the first ones: the API server takes 10.96.0.1 for itself.
            ServicePlan(service=service, cluster_ip=str(SERVICES[10 + index]), outside=offered)
            for index, (service, offered) in enumerate(zip(services, addresses, strict=True))
        ),
        pods=tuple(pods),
        objects=tuple(seen.objects),
    )


def _pods(cluster: str, seen: ClusterSnapshot, prefix: str, place: int) -> Iterator[PodPlan]:
    found = [*_gateway_pods(seen.gateways), *_workload_pods(seen)]
    for index, (namespace, name, role, labels, service_account, ports, speech) in enumerate(found):
        yield PodPlan(
            cluster=cluster,
            namespace=namespace,
            name=name,
            role=role,
            labels=labels,
            service_account=service_account,
            # 10.244.0.x for the first cluster of a network, 10.244.1.x for the next.
            address=str(PODS[256 * place + _FIRST_POD + index]),
            ports=ports,
            speech=speech,
            netns=f"{prefix}-{cluster}.{namespace}.{name}",
        )


_Found = tuple[str, str, Role, Mapping[str, str], str, Mapping[str, int], Mapping[int, Speech]]


def _gateway_pods(gateways: Iterable[Gateway]) -> Iterator[_Found]:
    for gateway in gateways:
        namespace = gateway.namespace or istiod.NAMESPACE
        ports = {"tls": _container_port(gateway)}
        for name in _gateway_pod_names(gateway):
            yield namespace, name, Role.GATEWAY, gateway.labels, gateway.name, ports, {}


def _gateway_pod_names(gateway: Gateway) -> list[str]:
    """One for each address, so that one can be lost without the other."""
    count = max(1, len(gateway.addresses))
    return [gateway.name] if count == 1 else [f"{gateway.name}-{number}" for number in range(1, count + 1)]


def _workload_pods(seen: ClusterSnapshot) -> Iterator[_Found]:
    for workload in seen.workloads:
        role = Role.BARE if workload.labels.get(INJECT) == "false" else Role.SIDECAR
        account = workload.service_account or "default"
        speech = _speech(workload, seen.services)
        yield workload.namespace, workload.name, role, workload.labels, account, _ports(workload, speech), speech


def _ports(workload: Workload, asked: Iterable[int]) -> dict[str, int]:
    """Where the app listens: the named ports of the workload, and what its Services send to."""
    ports = dict(workload.container_ports)
    ports |= {f"port-{target}": target for target in asked if target not in ports.values()}
    return ports or {"http": APP_PORT}


def _speech(workload: Workload, services: Iterable[Service]) -> dict[int, Speech]:
    """What its Services send to, and what they take it to speak there; the last one is believed."""
    found = {}
    for service in services:
        if not _selects(service, workload):
            continue
        for port in service.ports:
            target = port.target_port or port.port
            # As in Kubernetes, a pod that has no port of that name is no endpoint of it.
            number = workload.container_ports.get(target) if isinstance(target, str) else target
            if number and port.protocol == "TCP":
                found[number] = Speech.of(port)
    return found


def _selects(service: Service, workload: Workload) -> bool:
    return (
        bool(service.selector)
        and service.namespace == workload.namespace
        and service.selector.items() <= workload.labels.items()
    )


def _forwards(seen: ClusterSnapshot, pods: Sequence[PodPlan], hosts: Mapping[str, str]) -> Iterator[Forward]:
    address_of = {pod.key: pod.address for pod in pods}
    for gateway in seen.gateways:
        namespace = gateway.namespace or istiod.NAMESPACE
        # A gateway without an address has a pod all the same, which nobody outside reaches.
        for address, name in zip(gateway.addresses, _gateway_pod_names(gateway), strict=False):
            yield Forward(
                address=hosts.get(address, address),
                port=gateway.port,
                to_address=address_of[f"{namespace}/{name}"],
                to_port=_container_port(gateway),
            )


def _gateway_service(gateway: Gateway) -> Service:
    target = _container_port(gateway)
    return Service.model_validate(
        {
            "name": gateway.name,
            "namespace": gateway.namespace or istiod.NAMESPACE,
            "labels": gateway.labels,
            "selector": gateway.labels,
            "ports": [{"name": "tls", "port": gateway.port, "target_port": target}],
        }
    )


def _container_port(gateway: Gateway) -> int:
    return gateway.container_port or gateway.port
