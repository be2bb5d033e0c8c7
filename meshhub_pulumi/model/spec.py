"""Specs: what a user asked for, with its name and the place where it was written."""

from __future__ import annotations

from dataclasses import dataclass, field

from meshhub_pulumi.model.finding import Finding, Origin, Owner, finding
from meshhub_pulumi.model.gateway_rule import GatewayRule
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.topology import Cluster

API = "meshhub.dev/v1alpha1"
"""The apiVersion of our own kinds in YAML."""


@dataclass(frozen=True, eq=False)
class Spec:
    """One object of a kind: the typed arguments plus name, namespace and origin."""

    kind: str
    name: str
    namespace: str
    args: MeshModel
    origin: Origin = field(default=Origin())

    @property
    def key(self) -> tuple[str, str, str]:
        """Kind, namespace and name: unique in one compile."""
        return (self.kind, self.namespace, self.name)

    @property
    def owner(self) -> Owner:
        """The spec as a whole, as the owner of leaves and the place of findings."""
        return Owner(f"{self.kind} {self.namespace}/{self.name}", "", self.origin)


def given_twice(spec: Spec, first: Spec) -> Finding:
    """The finding for a spec that has the key of another one, which holds."""
    return finding("MH106", f"this object is given twice; first at {first.owner.where()}", spec.owner)


@dataclass(frozen=True, eq=False)
class Mesh:
    """A virtual mesh: the clusters that share trust and see each other's federated hosts.

    `federation` is the mode as its feature understands it. `adopt`: whether it takes over objects that are there.
    """

    name: str
    namespace: str
    clusters: tuple[Cluster, ...]
    hostname_suffix: str
    virtual_ip: str
    federation: object
    owner: Owner
    adopt: bool = False
    gateway_rules: tuple[GatewayRule, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """The names of its clusters, sorted."""
        return tuple(sorted(cluster.name for cluster in self.clusters))
