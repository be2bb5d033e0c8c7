"""FailoverService: one host name for services in order, the first that works answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from meshhub_pulumi.features.failover_aggregate import Member
from meshhub_pulumi.features.failover_hostname import whose_name
from meshhub_pulumi.features.federation import BELOW_POLICIES
from meshhub_pulumi.features.outlier_detection import OutlierDetection
from meshhub_pulumi.features.retries import Retries
from meshhub_pulumi.features.unsayable import lands
from meshhub_pulumi.kinds.base import KindArgs
from meshhub_pulumi.kinds.failover_backings import Called, check_placement, find_backings
from meshhub_pulumi.kinds.failover_order import check_nearest
from meshhub_pulumi.model.destination import ServiceRef
from meshhub_pulumi.model.failover import FailoverHost, FailoverMode, FailoverOrder, backing_name
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import ServiceKey
from meshhub_pulumi.model.host import HTTP_PROTOCOLS
from meshhub_pulumi.model.nearest import among
from meshhub_pulumi.model.nearness import NextRegions
from meshhub_pulumi.model.plugin import Attachment, DoorSite, HostSite, Kind, Produced, Reach, RouteSite, Target
from meshhub_pulumi.model.route import route_keys
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.model.units import DnsLabel, Duration, Hostname, PortNumber
from meshhub_pulumi.model.view import View


class FailoverPort(MeshModel):
    """The port under which the host is called."""

    number: PortNumber
    protocol: Literal["HTTP", "HTTPS", "GRPC", "HTTP2", "MONGO", "TCP", "TLS"] = "HTTP"


def _all_pods(ref: ServiceRef) -> ServiceRef:
    if ref.subset:
        raise ValueError("a backing service is backed by all its pods: leave subset out")
    return ref


Backing = Annotated[ServiceRef, AfterValidator(_all_pods)]


class FailoverServiceArgs(KindArgs):
    """A host, and the services behind it in the order in which they are tried.

    `hostname` is any name that nothing else in these clusters has; callers resolve it by Istio's DNS proxying, or by
    whatever address it has otherwise. Callers in the namespace of an east-west gateway do not see it.
    `order`: `listed` (default) has all callers try the services as they are named. `nearest` goes by the localities
    of the clusters: first the callers' own cluster, then their zone, their region, its `next_regions`, and the rest.
    Equally near ones follow each other as they are named.
    `clusters` may call it (none named: every cluster of the mesh). `outlier_detection` decides when a service counts
    as failed. `retries` and `timeout` let a request outlive the failure; they repeat requests, which is safe for
    idempotent ones only: `retries=Retries(attempts=0)` opts out. `connect_timeout` bounds a new connection, TLS
    handshake included: a machine that vanished refuses none, and counts as failed only when connections to it end
    (Istio's own limit is 10s, more than the whole request has). Connections of TCP are not repeated: new ones fail for
    about a second when a service does. An app that is dead behind a living proxy is found by readiness probes only.

    `mode`: `locality` (default) makes the pods and the other clusters' gateways endpoints of one host; each backing
    service then lies in a cluster of its own, and those that are called from elsewhere have gateways with IP addresses.
    `aggregate` has Envoy join the backing services' own hosts, by an EnvoyFilter: it needs neither, but requests fail
    for a second when a service does, and its `outlier_detection` and `connect_timeout` hold for everybody who calls
    these services from these clusters. `compat="smh-0.8"` knows `aggregate` only.
    """

    hostname: Hostname
    port: FailoverPort
    backing_services: Annotated[Many[Backing], Field(min_length=1)]
    clusters: Many[DnsLabel] = ()
    mode: FailoverMode | None = None
    order: FailoverOrder = "listed"
    next_regions: Many[NextRegions] = ()
    outlier_detection: OutlierDetection = OutlierDetection(consecutive_errors=2, interval="1s")
    connect_timeout: Duration = "1s"
    timeout: Duration = "3s"
    retries: Retries = Retries(
        attempts=4,
        per_try_timeout="500ms",
        retry_on=("connect-failure", "refused-stream", "reset", "5xx", "unavailable"),
        remote_localities=True,
    )

    @field_validator("next_regions")
    @classmethod
    def _of_the_nearest(cls, regions: Sequence[NextRegions], so_far: ValidationInfo) -> Sequence[NextRegions]:
        if regions and so_far.data.get("order") == "listed":
            raise ValueError("is about the order `nearest`: set that, or leave this out")
        return regions


def _attach(spec: Spec, view: View) -> Iterator[Produced | Target]:
    args, host = _args(spec), view.failovers[spec.namespace, spec.name]
    yield from host.wrong
    for client in host.clients:
        site = HostSite(client, view, view.failover_host(host, client))
        yield from _routes(spec, args, site)
        yield from _MODES[view.failover_mode(host, client)](spec, args, host, site)
    if any(view.failover_mode(host, client) == "locality" for client in host.clients):
        for key, _ in host.backings:
            yield from _serving(spec, host, key, view)


def _failover(spec: Spec, view: View) -> FailoverHost:
    args = _args(spec)
    called, unfit = find_backings(args.backing_services, args.port.number, view, spec.owner)
    wrong = tuple(unfit or _wrong(spec, args, called, view))
    return FailoverHost(
        name=spec.name,
        namespace=spec.namespace,
        hostname=args.hostname,
        port=args.port.number,
        protocol=args.port.protocol,
        backings=() if wrong else tuple((service.key, port) for service, port in called),
        clients=() if wrong else tuple(_clients(args, called, view)),
        mode=args.mode,
        order=args.order,
        next_regions=tuple(args.next_regions),
        owner=spec.owner,
        wrong=wrong,
    )


def _wrong(spec: Spec, args: FailoverServiceArgs, called: Sequence[Called], view: View) -> Iterator[Finding]:
    clients = _clients(args, called, view)
    tiered = {client for client in clients if _tiered(args, client, view)}
    yield from check_placement(called, tiered, view, spec.owner)
    yield from _names(spec, args, called, view)
    if args.order == "nearest":
        yield from check_nearest(called, clients, args.clusters, args.next_regions, view, spec.owner)


def _tiered(args: FailoverServiceArgs, client: str, view: View) -> bool:
    dialect = view.dialect_of.get(client)
    return dialect is not None and (args.mode or dialect.failover) == "locality"


def _names(spec: Spec, args: FailoverServiceArgs, called: Sequence[Called], view: View) -> Iterator[Finding]:
    first = called[0][0].key.cluster
    mesh = view.mesh_of.get(first)
    if mesh is None:
        yield finding("MH110", f"{first} is in no VirtualMesh", spec.owner.at("backing_services"))
        return
    clients = [name for name in _clients(args, called, view) if name in view.dialect_of]
    suffixed = args.hostname.endswith(f".{mesh.hostname_suffix}")
    if not suffixed and not all(view.dialect_of[client].any_failover_hostname for client in clients):
        message = f"{args.hostname} does not end in .{mesh.hostname_suffix}, the suffix of its mesh"
        yield finding("MH123", message, spec.owner.at("hostname"))
    if whose := whose_name(args.hostname, clients, mesh, view):
        yield finding("MH137", f"{args.hostname} is the name of {whose}", spec.owner.at("hostname"))
    for name in ("timeout", "retries"):
        if name in args.model_fields_set and args.port.protocol not in HTTP_PROTOCOLS:
            message = f"{name} is about requests, which {args.port.protocol} has none of that a proxy can see"
            yield finding("MH119", message, spec.owner.at(name), advice="Leave it out, or declare the port as HTTP.")
    for index, cluster in enumerate(args.clusters):
        if not view.joined(first, cluster):
            message = f"{cluster} is not in the mesh of the backing services ({among(cluster, mesh.members)})"
            yield finding("MH110", message, spec.owner.at(f"clusters[{index}]"))


def _clients(args: FailoverServiceArgs, called: Sequence[Called], view: View) -> list[str]:
    mesh = view.mesh_of.get(called[0][0].key.cluster)
    return sorted(set(args.clusters or (mesh.members if mesh else ())))


def _routes(spec: Spec, args: FailoverServiceArgs, site: HostSite) -> Iterator[Produced]:
    if args.port.protocol not in HTTP_PROTOCOLS:
        return
    (key,) = route_keys((), (), (None,))
    route = RouteSite(site.cluster, site.view, site.host, key)
    for name in ("timeout", "retries"):
        at = spec.owner.at(name)
        yield Attachment(route, name, getattr(args, name), at, BELOW_POLICIES)
        if name in args.model_fields_set and not lands(route):
            message = (
                f"the {name} of a failover service cannot be expressed in {site.view.dialect_of[site.cluster].title}"
            )
            yield finding("MH301", message, at, advice="Ask for it in the TrafficPolicy that sends there.")


def _tiers(spec: Spec, args: FailoverServiceArgs, host: FailoverHost, site: HostSite) -> Iterator[Produced]:
    yield Attachment(site, "failover", host, _asked(spec, host))
    yield Attachment(site, "outlier_detection", args.outlier_detection, spec.owner.at("outlier_detection"))
    yield Attachment(site, "connect_timeout", args.connect_timeout, spec.owner.at("connect_timeout"))


def _aggregate(spec: Spec, args: FailoverServiceArgs, host: FailoverHost, site: HostSite) -> Iterator[Produced]:
    """Every backing is called under its own name; whether it has failed, the rule for that name must say."""
    said = "outlier_detection" in args.model_fields_set
    view, recognised = site.view, Member(args.outlier_detection, args.connect_timeout, said)
    yield Attachment(site, "aggregate", host, _asked(spec, host))
    for index, (key, _) in enumerate(host.backings):
        yield Reach(site.cluster, key, (), spec.owner.at(f"backing_services[{index}]"))
        member = HostSite(site.cluster, view, view.called_host(key, site.cluster))
        yield Attachment(member, "aggregate_member", recognised, spec.owner.at("outlier_detection"), BELOW_POLICIES)
        if "connect_timeout" in args.model_fields_set:  # not every dialect has it, and who asks for it is told so
            at = spec.owner.at("connect_timeout")
            yield Attachment(member, "connect_timeout", args.connect_timeout, at, BELOW_POLICIES)


_MODES = {"locality": _tiers, "aggregate": _aggregate}


def _serving(spec: Spec, host: FailoverHost, key: ServiceKey, view: View) -> Iterator[Produced]:
    served = view.export_host(key, backing_name(host.hostname))
    yield Attachment(HostSite(key.cluster, view, served), "backing", host, _asked(spec, host))
    for door in view.doors[key.cluster]:
        yield Attachment(DoorSite(key.cluster, view, door.key), "door", None, spec.owner, BELOW_POLICIES)


def _asked(spec: Spec, host: FailoverHost) -> Owner:
    return spec.owner.at("mode") if host.mode else spec.owner


def _args(spec: Spec) -> FailoverServiceArgs:
    assert isinstance(spec.args, FailoverServiceArgs)
    return spec.args


KIND = Kind(
    name="FailoverService",
    args=FailoverServiceArgs,
    carries=(
        "aggregate",
        "aggregate_member",
        "backing",
        "connect_timeout",
        "failover",
        "outlier_detection",
        "retries",
        "timeout",
    ),
    attach=_attach,
    failover=_failover,
)
