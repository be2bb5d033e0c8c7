"""TrafficPolicy: what happens to the requests to some destinations, wherever they are called."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated

from pydantic import Field, model_validator

from meshhub_pulumi.features import FEATURES
from meshhub_pulumi.features.connection_pool import ConnectionPool
from meshhub_pulumi.features.cors_policy import CorsPolicy
from meshhub_pulumi.features.fault_injection import FaultInjection
from meshhub_pulumi.features.header_manipulation import HeaderManipulation
from meshhub_pulumi.features.lookup import nothing_selected
from meshhub_pulumi.features.mirror import Mirror
from meshhub_pulumi.features.outlier_detection import OutlierDetection
from meshhub_pulumi.features.retries import Retries
from meshhub_pulumi.features.select import NAMED, matching, narrowness, selected
from meshhub_pulumi.features.tls import Tls
from meshhub_pulumi.features.traffic_shift import WeightedDestination
from meshhub_pulumi.kinds.base import KindArgs
from meshhub_pulumi.model.destination import ServiceMatcher, ServiceRef, ServiceSelector
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import FleetService, carriers
from meshhub_pulumi.model.nearest import among
from meshhub_pulumi.model.plugin import SPARE, Attachment, Dialect, HostSite, Kind, Produced, RouteSite, Target
from meshhub_pulumi.model.route import HttpMatch, route_keys
from meshhub_pulumi.model.schema import Many
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.model.units import Duration
from meshhub_pulumi.model.view import View
from meshhub_pulumi.model.workload import WorkloadSelector


class TrafficPolicyArgs(KindArgs):
    """What to do with requests to `destinations` (none named: every service) from `sources` (none: any caller).

    `matches` narrows it to certain requests; the items are alternatives. Everything else is what is done.
    Where two policies ask for different values at one destination the narrower selection wins, then the higher
    `priority`; equal ones are a conflict. Retries, and likewise changes of headers, are one value: nothing of two
    policies is mixed.
    """

    destinations: Many[ServiceSelector] = ()
    sources: Many[WorkloadSelector] = ()
    matches: Many[HttpMatch] = ()
    priority: int = 0
    traffic_shift: Annotated[Many[WeightedDestination], Field(min_length=1)] | None = None
    timeout: Duration | None = None
    retries: Retries | None = None
    fault_injection: FaultInjection | None = None
    mirror: Mirror | None = None
    header_manipulation: HeaderManipulation | None = None
    cors_policy: CorsPolicy | None = None
    connection_pool: ConnectionPool | None = None
    outlier_detection: OutlierDetection | None = None
    tls: Tls | None = None

    @model_validator(mode="after")
    def _not_too_many(self) -> TrafficPolicyArgs:
        callers = sum(len(source.namespaces) or 1 for source in self.sources) or 1
        if (count := callers * (len(self.matches) or 1)) > _MOST_CONDITIONS:
            raise ValueError(f"sources and matches make {count} conditions, at most {_MOST_CONDITIONS} are taken")
        return self


_MOST_CONDITIONS = 2000
"""Each becomes a route of one VirtualService, and Kubernetes stores no object of more than 1.5 MiB."""

ROUTE = (
    "traffic_shift",
    "timeout",
    "retries",
    "fault_injection",
    "mirror",
    "header_manipulation",
    "cors_policy",
)
"""Fields about requests: they attach to routes."""

HOST = ("connection_pool", "outlier_detection", "tls")
"""Fields about connections: they attach to hosts, for all callers and requests alike."""


def _attach(spec: Spec, view: View) -> Iterator[Produced | Target]:
    args = _args(spec)
    if all(getattr(args, name) is None for name in (*ROUTE, *HOST)):
        yield finding("MH112", "the policy asks for nothing", spec.owner)
    if not args.destinations:
        yield finding("MH118", f"it applies to all {len(view.fleet.services)} services", spec.owner)
        yield from _targets(args, view.fleet.services.values(), spec.owner, view)
    for index, selector in enumerate(args.destinations):
        at = spec.owner.at(f"destinations[{index}]")
        if found := list(matching(view.fleet, selector)):
            yield from _targets(args, found, at, view, named=isinstance(selector, ServiceRef))
        else:
            yield nothing_selected(selector, view, at)
    yield from _callers(spec, args, view)


def _targets(
    args: TrafficPolicyArgs, found: Collection[FleetService], at: Owner, view: View, *, named: bool = False
) -> Iterator[Produced | Target]:
    """The services that a selector means. One without requests is told where it is named, else only if all are so."""
    yield from (Target(service.key) for service in found)
    asked = [] if named else _about_requests(args)
    if asked and found and not any(view.dialect_of[x.key.cluster].route_ports(x) for x in found):
        message = f"{asked[0]} is about requests, and no service that this selects has an HTTP port"
        yield finding("MH116", message, at, advice=_DECLARE)


def _about_requests(args: TrafficPolicyArgs) -> list[str]:
    return [name for name in ROUTE if getattr(args, name) is not None]


_DECLARE = "Name the services' ports http..., http2... or grpc..., or set their appProtocol."


def _callers(spec: Spec, args: TrafficPolicyArgs, view: View) -> Iterator[Finding]:
    for index, source in enumerate(args.sources):
        at = spec.owner.at(f"sources[{index}]")
        unknown = [name for name in source.clusters if name not in view.fleet.clusters]
        for name in unknown:
            yield finding("MH101", f"there is no cluster {name} ({among(name, view.fleet.clusters)})", at)
        if not unknown and not _any_calls(source, view):
            yield finding("MH116", "no workload has these labels, namespaces and clusters", at)


def _any_calls(source: WorkloadSelector, view: View) -> bool:
    """Whether some workload is meant; a snapshot that holds no workloads cannot tell, and is believed."""
    clusters = [view.cluster(name) for name in source.clusters or view.fleet.clusters]
    return not any(cluster.workloads for cluster in clusters) or any(
        next(carriers(cluster.pods, namespace, source.labels), None)
        for cluster in clusters
        for namespace in source.namespaces or (None,)
    )


def _on_host(spec: Spec, site: HostSite) -> Iterator[Produced]:
    assert site.host.serves is not None
    args, service = _args(spec), site.view.service(site.host.serves)
    rank = (_narrowness(args, service), args.priority)
    yield from _limits(spec, args, site.view.dialect_of[site.cluster])
    asked = _about_requests(args)
    if asked and rank[0] >= NAMED and not site.view.dialect_of[site.cluster].route_ports(service):
        ports = ", ".join(f"{port.name or port.number} {port.protocol}" for port in service.ports) or "none"
        yield finding("MH119", f"{service.key} has no HTTP port (its ports: {ports})", spec.owner.at(asked[0]))
    for name in HOST:
        if (value := getattr(args, name)) is not None and site.host.role in FEATURES[name].roles:
            yield Attachment(site, name, value, spec.owner.at(name), rank)
    routes = _routes(spec, args, service, site)
    for route in routes:
        for name in ROUTE:
            if (value := getattr(args, name)) is not None and site.host.role in FEATURES[name].roles:
                yield Attachment(route, name, value, spec.owner.at(name), rank)
    if routes and asked and args.matches and site.host.role in FEATURES["other_requests"].roles:
        for key in route_keys((), (), site.view.dialect_of[site.cluster].route_ports(service)):
            rest = RouteSite(site.cluster, site.view, site.host, key)
            yield Attachment(rest, "other_requests", None, spec.owner.at("matches"), SPARE)


def _limits(spec: Spec, args: TrafficPolicyArgs, dialect: Dialect) -> Iterator[Finding]:
    """What of the policy its callers and conditions cannot limit, and what of the callers is not looked at."""
    code = "MH139" if dialect.sources_ignored else "MH120"
    for name in [name for name in HOST if getattr(args, name) is not None]:
        if args.sources:
            yield finding(code, f"{name} holds for all callers and cannot be limited by sources", spec.owner.at(name))
        if args.matches:
            yield finding(code, f"{name} holds for all requests and cannot be limited by matches", spec.owner.at(name))
    for index, source in enumerate(args.sources if dialect.sources_ignored else ()):
        if source.clusters:
            at = spec.owner.at(f"sources[{index}].clusters")
            yield finding("MH139", "callers of all clusters are meant", at)


def _routes(spec: Spec, args: TrafficPolicyArgs, service: FleetService, site: HostSite) -> list[RouteSite]:
    dialect = site.view.dialect_of[site.cluster]
    everywhere = dialect.sources_ignored
    sources = [x for x in args.sources if everywhere or not x.clusters or site.cluster in x.clusters]
    if args.sources and not sources:
        return []
    apart = f"{spec.namespace}/{spec.name}" if dialect.routes_apart else ""
    keys = route_keys(sources, args.matches, dialect.route_ports(service), apart)
    return [RouteSite(site.cluster, site.view, site.host, key) for key in keys]


def _narrowness(args: TrafficPolicyArgs, service: FleetService) -> int:
    selectors: list[ServiceRef | ServiceMatcher] = [x for x in args.destinations if selected(service, x)]
    return max(map(narrowness, selectors), default=0)


def _args(spec: Spec) -> TrafficPolicyArgs:
    assert isinstance(spec.args, TrafficPolicyArgs)
    return spec.args


KIND = Kind(
    name="TrafficPolicy",
    args=TrafficPolicyArgs,
    carries=(*ROUTE, *HOST, "other_requests"),
    attach=_attach,
    on_host=_on_host,
)
