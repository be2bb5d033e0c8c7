"""VirtualMesh: the clusters that are one mesh, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from meshhub_pulumi.features.connection_pool import ConnectionPool, TcpKeepalive
from meshhub_pulumi.features.federation import BELOW_POLICIES, Federation, asked
from meshhub_pulumi.features.gateway_choice import doubtful
from meshhub_pulumi.kinds.access_policy import AccessPolicyArgs
from meshhub_pulumi.kinds.base import KindArgs
from meshhub_pulumi.kinds.failover_service import FailoverServiceArgs
from meshhub_pulumi.kinds.traffic_policy import TrafficPolicyArgs
from meshhub_pulumi.model.finding import Owner
from meshhub_pulumi.model.gateway_rule import GatewayRule
from meshhub_pulumi.model.plugin import Attachment, DoorSite, HostSite, Kind, MemberSite, Produced, Target
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Mesh, Spec
from meshhub_pulumi.model.topology import Cluster
from meshhub_pulumi.model.units import Duration, Hostname
from meshhub_pulumi.model.view import Role, View


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


SnapshotSource = Annotated[
    Annotated[str | Path, Tag("<file>")] | Annotated[MeshSnapshot, Tag("<content>")],
    Discriminator(lambda value: "<file>" if isinstance(value, str | Path) else "<content>"),
]


class NamedPolicy(MeshModel):
    """A policy with its name, for a mesh without a `with` block: `NamedPolicy("reviews", TrafficPolicyArgs(...))`.

    Its objects are those of a policy in a block, under the same names, but it is no resource of its own, which makes a
    mesh of hundreds of policies quicker to deploy.
    """

    name: str = Field(kw_only=False, min_length=1)
    args: TrafficPolicyArgs | FailoverServiceArgs | AccessPolicyArgs = Field(kw_only=False)

    @property
    def kind(self) -> str:
        """The kind whose arguments these are."""
        return type(self.args).__name__.removesuffix("Args")


class VirtualMeshArgs(KindArgs):
    """The clusters of a mesh: names, or `Cluster`s that say more than the snapshot does.

    `federation`: `referenced` (default), `none`, `permissive` or rules. `hostname_suffix` ends federated hosts, as no
    cluster's Services end. `virtual_ip`: `hash` (default) gives each an address in 240.0.0.0/4, the same everywhere;
    `auto` leaves that to each cluster's istiod, whose addresses only proxies with DNS proxying know; with `none` there
    are no addresses.
    `tcp_keepalive` holds for connections to federated hosts, unless a TrafficPolicy says otherwise.
    `east_west_gateways`: rules that select the gateways by which clusters enter each other (none given: all that the
    snapshot or the program names). A cluster of whose gateways they select none cannot be entered; of several rules
    that select one gateway the first says the port.
    `strict_mtls`: workloads accept mutual TLS only. `global_access_policy`: `enabled` refuses every call that no
    AccessPolicy allows; what enters by a gateway is judged by the servers, so that all gateways stay open, selected or
    not. `compat="smh-0.8"` writes what Service Mesh Hub 0.8 wrote.
    `snapshot` (a file or its content), `policies`, `adopt` and `propagation` are for programs. `adopt` imports what the
    snapshot's `objects` hold already and is the same as this mesh would make it; what differs is refused.
    `propagation` is how long proxies are given to learn what a route sends to, in its own cluster and where that is
    served, before the route, and what routes let go of, before it is deleted: an `up` that changes such things takes
    that much longer.
    """

    clusters: Annotated[Many[Annotated[Cluster, BeforeValidator(_named)]], Field(min_length=1)]
    federation: Federation = "referenced"
    east_west_gateways: Many[GatewayRule] = ()
    hostname_suffix: Hostname = "global"
    virtual_ip: Literal["hash", "auto", "none"] = "hash"
    tcp_keepalive: TcpKeepalive | None = None
    strict_mtls: bool = False
    global_access_policy: Literal["mesh_default", "enabled", "disabled"] = "mesh_default"
    compat: Literal["smh-0.8"] | None = None
    snapshot: SnapshotSource | None = None
    policies: Many[NamedPolicy] = ()
    adopt: bool = False
    propagation: Duration = "1s"

    @model_validator(mode="after")
    def _compat_is_for_all(self) -> VirtualMeshArgs:
        if self.compat and (named := [cluster.name for cluster in self.clusters if cluster.dialect]):
            raise ValueError(f"compat is for all clusters: leave the dialect of {', '.join(named)} out")
        return self


def _mesh(spec: Spec) -> Mesh:
    args = _args(spec)
    return Mesh(
        name=spec.name,
        namespace=spec.namespace,
        clusters=tuple(args.clusters),
        hostname_suffix=args.hostname_suffix,
        virtual_ip=args.virtual_ip,
        federation=args.federation,
        owner=spec.owner,
        adopt=args.adopt,
        gateway_rules=tuple(args.east_west_gateways),
    )


IMPLIED_MESH = "virtual-mesh"
"""The name of a mesh that nobody wrote."""


def implied_mesh(clusters: Sequence[Cluster]) -> Mesh:
    """The mesh of clusters that nobody joined, by the defaults."""
    spec = Spec("VirtualMesh", IMPLIED_MESH, "default", VirtualMeshArgs(clusters=clusters))
    return replace(_mesh(spec), owner=Owner(f"{spec.kind} (none given)"))


def _attach(spec: Spec, view: View) -> Iterator[Produced | Target]:
    args = _args(spec)
    members = tuple(name for name, mesh in view.mesh_of.items() if mesh.owner == spec.owner)
    yield from asked(args.federation, members, view, spec.owner.at("federation"))
    yield from doubtful(args.east_west_gateways, members, view, spec.owner.at("east_west_gateways"))
    if args.tcp_keepalive:
        yield from (Target(key) for key in view.fleet.services if key.cluster in members)
    for cluster in members:
        site = MemberSite(cluster, view, spec.name)
        if args.strict_mtls:
            yield Attachment(site, "strict_mtls", None, spec.owner.at("strict_mtls"))
        if args.global_access_policy == "enabled":
            at = spec.owner.at("global_access_policy")
            yield Attachment(site, "global_access", None, at)
            # all of them: one for the public, locked out, would be an outage
            for door in view.cluster(cluster).gateways:
                yield Attachment(DoorSite(cluster, view, door.key), "gateway_access", None, at)


def _on_host(spec: Spec, site: HostSite) -> Iterator[Produced]:
    args = _args(spec)
    if args.tcp_keepalive and site.host.role is Role.IMPORT:
        pool = ConnectionPool(tcp_keepalive=args.tcp_keepalive)
        yield Attachment(site, "connection_pool", pool, spec.owner.at("tcp_keepalive"), BELOW_POLICIES)


def _args(spec: Spec) -> VirtualMeshArgs:
    assert isinstance(spec.args, VirtualMeshArgs)
    return spec.args


KIND = Kind(
    name="VirtualMesh",
    args=VirtualMeshArgs,
    carries=("connection_pool", "door", "export", "gateway_access", "global_access", "import", "strict_mtls"),
    attach=_attach,
    on_host=_on_host,
    mesh=_mesh,
)
