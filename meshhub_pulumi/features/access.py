"""Access: which identities may call a service, and which of its paths, methods and ports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.features.indistinct import clusters_of, indistinct
from meshhub_pulumi.features.principals import misread, source_of
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.fleet import FleetService
from meshhub_pulumi.model.identity import IdentitySelector
from meshhub_pulumi.model.nearest import among
from meshhub_pulumi.model.plugin import Feature, Patch, ServiceSite, Whole


@dataclass(frozen=True, slots=True)
class AccessRule:
    """What one policy allows; empty parts are no restriction. `policy` keeps the rules of a service in order."""

    policy: str
    sources: tuple[IdentitySelector, ...]
    paths: tuple[str, ...]
    methods: tuple[str, ...]
    ports: tuple[int, ...]


_WITHOUT_REQUESTS = "Leave it out, or name the service's port after its protocol."


def _check(rule: AccessRule, site: ServiceSite, owner: Owner) -> Iterator[Finding]:
    service = site.view.service(site.service)
    if not service.selector:
        yield finding("MH114", f"{service.key} selects no pods, so access to it cannot be ruled", owner)
    yield from _without_requests(rule, service, owner)
    yield from indistinct(rule.sources, site, owner)
    for index, source in enumerate(rule.sources):
        at = owner.at(f"sources[{index}]")
        yield from _absent(source, site, at)
        yield from misread(source, site, at)


def _without_requests(rule: AccessRule, service: FleetService, owner: Owner) -> Iterator[Finding]:
    """Where a port is TCP, Istio passes over a rule about requests, and refuses everybody whom no other one lets in."""
    ports = [port for port in service.tcp_ports if not rule.ports or port.target in rule.ports]
    if not ports or any(port.has_requests for port in ports):
        return
    for name in ("methods", "paths"):
        if getattr(rule, name):
            named = ", ".join(f"{port.name or port.number} {port.protocol}" for port in ports)
            message = f"it is about requests, of which no proxy sees any at {service.key} ({named}): it lets nobody in"
            yield finding("MH119", message, owner.at(name), advice=_WITHOUT_REQUESTS)


def _absent(source: IdentitySelector, site: ServiceSite, at: Owner) -> Iterator[Finding]:
    clusters = site.view.fleet.clusters
    for cluster in clusters_of(source):
        if cluster not in clusters:
            yield finding("MH101", f"there is no cluster {cluster} ({among(cluster, clusters)})", at)
        elif not site.view.joined(cluster, site.cluster):
            message = f"{cluster} and {site.cluster} are not in one VirtualMesh"
            advice = "Join the clusters in one VirtualMesh, or name destinations in clusters of the callers' mesh only."
            yield finding("MH110", message, at, advice=advice)


def _istio(rule: AccessRule, site: ServiceSite) -> Patch:
    allowed: dict[str, Any] = {}
    sources = {repr(source): source for source in (source_of(source, site) for source in rule.sources)}
    if sources and all(sources.values()):  # an empty source is any caller, which Istio says by no source at all
        allowed["from"] = [{"source": sources[text]} for text in sorted(sources)]
    operation: dict[str, Any] = {"paths": sorted(set(rule.paths)), "methods": sorted(set(rule.methods))}
    operation["ports"] = [str(port) for port in sorted(set(rule.ports))]
    if asked := {name: value for name, value in operation.items() if value}:
        allowed["to"] = [{"operation": asked}]
    return {"rules": {rule.policy: Whole(allowed)}}


FEATURE = Feature(
    name="access",
    title="Access rules",
    render={istio.AUTHORIZATION: _istio, smh.AUTHORIZATION: _istio},
    check=_check,
)
