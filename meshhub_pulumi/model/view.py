"""The view: everything a kind or feature may ask while a compile runs, and the hosts of destinations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from meshhub_pulumi.model.door import GatewayDoor
from meshhub_pulumi.model.failover import FailoverHost, FailoverMode
from meshhub_pulumi.model.fleet import Fleet, FleetCluster, FleetService, ServiceKey
from meshhub_pulumi.model.gateway_rule import chosen
from meshhub_pulumi.model.nearness import distance
from meshhub_pulumi.model.spec import Mesh, Spec

if TYPE_CHECKING:
    from meshhub_pulumi.model.plugin import Dialect


class Role(StrEnum):
    """What a host is in the cluster where it is seen."""

    LOCAL = "local"  # the Service's own name, in its own cluster
    IMPORT = "import"  # a federated host, in a cluster that calls it
    EXPORT = "export"  # a federated host, in the cluster that serves it: for its gateway only
    FAILOVER = "failover"  # the name of a failover service, in a cluster that calls it


@dataclass(frozen=True, slots=True)
class Host:
    """A DNS name as one cluster sees it, and where the objects about it live there."""

    cluster: str
    name: str
    role: Role
    namespace: str
    object_name: str
    serves: ServiceKey | None
    """The service behind it; None for a failover service, which has several."""
    spec_name: str = ""
    """The name of the spec that made this host, where one did."""

    def __hash__(self) -> int:
        # of one name a cluster sees few hosts, and every attachment is looked up by its own
        return hash((self.cluster, self.name))


@dataclass(frozen=True, eq=False)
class View:
    """The fleet, the meshes its clusters belong to, every spec, and each cluster's dialect.

    `failovers` are the failover services' hosts, by the namespace and name of the spec.
    """

    fleet: Fleet
    mesh_of: Mapping[str, Mesh]
    specs: Mapping[tuple[str, str, str], Spec]
    dialect_of: Mapping[str, Dialect]
    failovers: Mapping[tuple[str, str], FailoverHost] = field(default_factory=dict)

    def cluster(self, name: str) -> FleetCluster:
        """The cluster of that name; it was resolved before."""
        return self.fleet.clusters[name]

    def service(self, key: ServiceKey) -> FleetService:
        """The service of that key; it was resolved before."""
        return self.fleet.services[key]

    @cached_property
    def doors(self) -> Mapping[str, tuple[GatewayDoor, ...]]:
        """The gateways by which other clusters enter each cluster; it may have others."""
        rules = {name: mesh.gateway_rules for name, mesh in self.mesh_of.items()}
        return {name: chosen(cluster, rules.get(name, ())) for name, cluster in self.fleet.clusters.items()}

    def addresses(self, cluster: str) -> list[Any]:
        """Every address at which other clusters reach one, late ones included."""
        return [address for door in self.doors[cluster] for address in door.addresses]

    def joined(self, one: str, other: str) -> bool:
        """Whether two clusters are one, or members of one mesh."""
        return one == other or (one in self.mesh_of and self.mesh_of[one] is self.mesh_of.get(other))

    def members(self, cluster: str) -> list[str]:
        """The clusters of a cluster's mesh, by name; itself alone where no mesh has it."""
        return [name for name in self.fleet.clusters if self.joined(cluster, name)]

    def host_name(self, key: ServiceKey, seen_from: str) -> str:
        """The DNS name by which a cluster's clients call a service."""
        if key.cluster == seen_from:
            return f"{key.name}.{key.namespace}.svc.{self.cluster(seen_from).cluster_domain}"
        return self.federated_name(key)

    def federated_name(self, key: ServiceKey) -> str:
        """The DNS name by which other clusters call a service."""
        mesh = self.mesh_of.get(key.cluster)
        return f"{key.name}.{key.namespace}.svc.{key.cluster}.{mesh.hostname_suffix if mesh else 'global'}"

    def local_host(self, key: ServiceKey) -> Host:
        """A service under its own name, in its own cluster."""
        name = self.host_name(key, key.cluster)
        return Host(key.cluster, name, Role.LOCAL, key.namespace, key.name, key)

    def import_host(self, key: ServiceKey, client: str) -> Host:
        """A federated service in a calling cluster: its objects lie in the root namespace, for all callers."""
        name = self.federated_name(key)
        return Host(client, name, Role.IMPORT, self.cluster(client).istio_namespace, name, key)

    def called_host(self, key: ServiceKey, client: str) -> Host:
        """A service as a cluster's clients call it: by its own name at home, by its federated one elsewhere."""
        return self.local_host(key) if key.cluster == client else self.import_host(key, client)

    def failover_mode(self, failover: FailoverHost, client: str) -> FailoverMode:
        """How a failover host is made in a calling cluster: as its spec asks, else as the dialect does it."""
        return failover.mode or self.dialect_of[client].failover

    def failover_order(self, failover: FailoverHost, client: str) -> tuple[tuple[ServiceKey, int], ...]:
        """The backings of a failover host, each with its port, in the order in which a cluster's callers try them."""
        if failover.order == "listed":
            return failover.backings
        caller = self.cluster(client)
        after = next((x.to for x in failover.next_regions if x.region == caller.locality.region), ())
        return tuple(sorted(failover.backings, key=lambda x: distance(caller, self.cluster(x[0].cluster), after)))

    def failover_host(self, failover: FailoverHost, client: str) -> Host:
        """A failover service in a calling cluster.

        Its objects lie in the root namespace, for all callers; but beside the backing where the cluster hosts one
        whose pods it selects.
        """
        name, namespace = failover.hostname, self.cluster(client).istio_namespace
        if self.failover_mode(failover, client) == "locality":
            namespace = next((key.namespace for key, _ in failover.backings if key.cluster == client), namespace)
        return Host(client, name, Role.FAILOVER, namespace, name, None, failover.name)

    def client_namespaces(self, cluster: str, own: str) -> tuple[str, ...]:
        """The namespaces of a cluster's callers: all that hold services or workloads, but no east-west gateway's.

        `own` is where the objects lie: beside a backing it is a caller's too. None at all means that the snapshot
        knows of no caller, so that anybody may be one.
        """
        at = self.cluster(cluster)
        callers = at.namespaces - {door.namespace for door in self.doors[cluster]}
        beside = {own} if own != at.istio_namespace else set()
        return tuple(sorted(callers | beside))

    def export_host(self, key: ServiceKey, name: str | None = None) -> Host:
        """A federated service where it is served: beside its pods, whose selector sees only its namespace."""
        name = name or self.federated_name(key)
        return Host(key.cluster, name, Role.EXPORT, key.namespace, name, key)
