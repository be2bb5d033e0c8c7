"""FailoverService: one host name for an ordered list of services, the first that works answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from meshhub_pulumi.features.failover import FailoverHost
from meshhub_pulumi.features.federation import BELOW_POLICIES, ghosts
from meshhub_pulumi.features.lookup import find_service, wrong_port
from meshhub_pulumi.features.outlier_detection import OutlierDetection
from meshhub_pulumi.features.retries import Retries
from meshhub_pulumi.kinds.base import KindArgs
from meshhub_pulumi.model.destination import ServiceRef
from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.fleet import FleetService, ServiceKey, among
from meshhub_pulumi.model.host import HTTP_PROTOCOLS
from meshhub_pulumi.model.plugin import Attachment, DoorSite, HostSite, Kind, Produced, RouteSite, Target
from meshhub_pulumi.model.route import route_keys
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.model.topology import is_ip
from meshhub_pulumi.model.units import DnsLabel, Duration, Hostname, PortNumber
from meshhub_pulumi.model.view import Host, View, backing_name


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
    """A host, and the services behind it in decreasing order of preference, each in a cluster of its own.

    `clusters` may call it (none named: every cluster of the mesh). `outlier_detection` decides when a service counts
    as failed. `retries` and `timeout` let a request outlive the failure; they repeat requests, which is safe for
    idempotent ones only: `retries=Retries(attempts=0)` opts out.
    """

    hostname: Hostname
    port: FailoverPort
    backing_services: Annotated[Many[Backing], Field(min_length=1)]
    clusters: Many[DnsLabel] = ()
    outlier_detection: OutlierDetection = OutlierDetection(consecutive_errors=2, interval="1s")
    timeout: Duration = "3s"
    retries: Retries = Retries(
        attempts=4,
        per_try_timeout="500ms",
        retry_on=("connect-failure", "refused-stream", "reset", "5xx"),
        remote_localities=True,
    )


def _attach(spec: Spec, view: View) -> Iterator[Produced | Target]:
    args = _args(spec)
    services, wrong = _backings(spec, args, view)
    if not wrong:
        wrong = [*_placement(spec, args, services, view), *_names(spec, args, services, view)]
    yield from wrong
    if wrong:
        return
    backings = tuple((s.key, _port(ref, s, args) or 0) for ref, s in zip(args.backing_services, services, strict=True))
    host = FailoverHost(spec.name, spec.namespace, args.port.number, args.port.protocol, backings)
    for cluster in _clients(args, services, view):
        yield from _calling(
            spec, args, host, HostSite(cluster, view, _client_host(args, spec, services, cluster, view))
        )
    for service in services:
        yield from _serving(spec, host, service, args, view)


def _backings(spec: Spec, args: FailoverServiceArgs, view: View) -> tuple[list[FleetService], list[Finding]]:
    services, wrong = [], []
    for index, ref in enumerate(args.backing_services):
        at = spec.owner.at(f"backing_services[{index}]")
        found = find_service(ref, view, at)
        if isinstance(found, Finding):
            wrong.append(found)
        elif _port(ref, found, args) is None:
            wrong.append(wrong_port(found, ref.port, at))
        elif not found.selector:
            wrong.append(finding("MH114", f"{found.key} selects no pods", at))
        else:
            services.append(found)
    return services, wrong


def _placement(spec: Spec, args: FailoverServiceArgs, services: list[FleetService], view: View) -> Iterator[Finding]:
    """Backings must lie in different clusters of one mesh; whoever is called from afar needs gateways with IPs."""
    first = services[0].key.cluster
    mesh = view.mesh_of.get(first)
    clients = set(args.clusters or (mesh.members if mesh else ()))
    seen: dict[str, ServiceKey] = {}
    for index, service in enumerate(services):
        at, cluster = spec.owner.at(f"backing_services[{index}]"), service.key.cluster
        if cluster in seen:
            yield finding("MH121", f"{service.key} and {seen[cluster]} are in one cluster", at)
        seen.setdefault(cluster, service.key)
        if not view.joined(first, cluster):
            yield finding("MH110", f"{first} and {cluster} are not in one VirtualMesh", at)
        addresses = [address for door in view.cluster(cluster).gateways for address in door.addresses]
        if not addresses and clients - {cluster}:
            yield finding("MH111", f"{service.key} cannot be reached: {cluster} has no gateway address", at)
        for address in addresses:
            if isinstance(address, str) and not is_ip(address):
                yield finding("MH122", f"the gateway of {cluster} has the DNS name {address}", at)
        yield from ghosts({cluster}, view, at)


def _names(spec: Spec, args: FailoverServiceArgs, services: list[FleetService], view: View) -> Iterator[Finding]:
    mesh = view.mesh_of.get(services[0].key.cluster)
    if mesh is None:
        yield finding("MH110", f"{services[0].key.cluster} is in no VirtualMesh", spec.owner.at("backing_services"))
        return
    if not args.hostname.endswith(f".{mesh.hostname_suffix}"):
        message = f"{args.hostname} does not end in .{mesh.hostname_suffix}, which the gateways serve"
        yield finding("MH123", message, spec.owner.at("hostname"))
    for name in ("timeout", "retries"):
        if name in args.model_fields_set and args.port.protocol not in HTTP_PROTOCOLS:
            message = f"{name} is about requests, which {args.port.protocol} has none of that a proxy can see"
            yield finding("MH119", message, spec.owner.at(name), advice="Leave it out, or declare the port as HTTP.")
    for index, cluster in enumerate(args.clusters):
        if not view.joined(services[0].key.cluster, cluster):
            message = f"{cluster} is not in the mesh of the backing services ({among(cluster, mesh.members)})"
            yield finding("MH110", message, spec.owner.at(f"clusters[{index}]"))


def _port(ref: ServiceRef, service: FleetService, args: FailoverServiceArgs) -> int | None:
    for number in (ref.port, args.port.number) if ref.port is None else (ref.port,):
        if number is not None and service.port(number):
            return number
    return service.ports[0].number if ref.port is None and len(service.ports) == 1 else None


def _clients(args: FailoverServiceArgs, services: list[FleetService], view: View) -> list[str]:
    return sorted(args.clusters or view.mesh_of[services[0].key.cluster].members)


def _client_host(args: FailoverServiceArgs, spec: Spec, services: list[FleetService], cluster: str, view: View) -> Host:
    here = next((service.key.namespace for service in services if service.key.cluster == cluster), None)
    namespace = here or view.cluster(cluster).istio_namespace
    return view.failover_host(args.hostname, cluster, namespace, spec.name)


def _calling(spec: Spec, args: FailoverServiceArgs, host: FailoverHost, site: HostSite) -> Iterator[Produced]:
    yield Attachment(site, "failover", host, spec.owner)
    yield Attachment(site, "outlier_detection", args.outlier_detection, spec.owner.at("outlier_detection"))
    if args.port.protocol in HTTP_PROTOCOLS:
        (key,) = route_keys((), (), (None,))
        route = RouteSite(site.cluster, site.view, site.host, key)
        yield Attachment(route, "timeout", args.timeout, spec.owner.at("timeout"), BELOW_POLICIES)
        yield Attachment(route, "retries", args.retries, spec.owner.at("retries"), BELOW_POLICIES)


def _serving(
    spec: Spec, host: FailoverHost, service: FleetService, args: FailoverServiceArgs, view: View
) -> Iterator[Produced]:
    served = view.export_host(service.key, backing_name(args.hostname))
    yield Attachment(HostSite(service.key.cluster, view, served), "backing", host, spec.owner)
    for door in view.cluster(service.key.cluster).gateways:
        yield Attachment(DoorSite(service.key.cluster, view, door.key), "door", None, spec.owner, BELOW_POLICIES)


def _args(spec: Spec) -> FailoverServiceArgs:
    assert isinstance(spec.args, FailoverServiceArgs)
    return spec.args


KIND = Kind(
    name="FailoverService",
    args=FailoverServiceArgs,
    carries=("backing", "failover", "outlier_detection", "retries", "timeout"),
    attach=_attach,
)
