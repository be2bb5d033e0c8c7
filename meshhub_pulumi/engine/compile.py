"""Compile: specs and a snapshot become manifests, owners and findings. Pure: no clock, no network, no Pulumi."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from meshhub_pulumi.engine.attach import attach
from meshhub_pulumi.engine.patch import Patched, patch
from meshhub_pulumi.engine.resolve import resolve
from meshhub_pulumi.engine.settle import Settled, settle
from meshhub_pulumi.model.finding import Finding, errors_in, in_order
from meshhub_pulumi.model.fleet import FleetCluster
from meshhub_pulumi.model.manifest import Conventions, Manifest, ManifestKey, Manifests
from meshhub_pulumi.model.plugin import Dialect, Feature, HostSite, Kind, ManifestRule, Rule
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Mesh, Spec
from meshhub_pulumi.model.topology import Cluster
from meshhub_pulumi.model.uncollected import uncollected
from meshhub_pulumi.model.view import Role, View


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The lists that a compile is given: what can be asked, what can be done about it, what is reviewed."""

    kinds: Mapping[str, Kind]
    features: Mapping[str, Feature]
    rules: Sequence[Rule]
    manifest_rules: Sequence[ManifestRule]
    implied_mesh: Callable[[Sequence[Cluster]], Mesh]


@dataclass(frozen=True, eq=False)
class Compiled:
    """The result: manifests by key, findings in order, and the view they came from."""

    manifests: Mapping[ManifestKey, Manifest]
    findings: Sequence[Finding]
    view: View
    hosts: Mapping[str, Sequence[str]]
    """For each cluster the federated and failover hosts that its clients can call."""
    settled: Settled = field(repr=False)
    """What the manifests were made from, for the compile after this one."""

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop the manifests from being used."""
        return errors_in(self.findings)


@uncollected()
def compile(
    specs: Sequence[Spec],
    snapshot: MeshSnapshot,
    dialect_of: Callable[[FleetCluster], Dialect],
    catalogue: Catalogue,
    before: Compiled | None = None,
) -> Compiled:
    """All manifests of all clusters, and everything that is wrong, at once.

    `before` is the result for other specs: what was looked up for that one in the same snapshot object is not looked up
    again, and objects of which the same was asked are not written again. The result is the same without it.
    """
    fleet = before.view.fleet if before else None
    view, named = resolve(specs, snapshot, catalogue.kinds, dialect_of, catalogue.implied_mesh, fleet)
    attachments, attached = attach(view, catalogue.kinds, catalogue.features)
    patched = patch(attachments, view, catalogue.features)
    settled = settle(patched, view, before.settled if before else None)
    manifests = settled.manifests
    found = [*named, *attached, *patched.findings]
    found += [finding for rule in catalogue.rules for finding in rule.check(view, manifests)]
    objects = Manifests(manifests, _conventions(view))
    found += [finding for rule in catalogue.manifest_rules for finding in _reviewed(rule, objects, found)]
    return Compiled(manifests, in_order(found), view, _hosts(patched, view), settled)


def _reviewed(rule: ManifestRule, objects: Manifests, found: Sequence[Finding]) -> Iterator[Finding]:
    told = [finding.where for finding in found if finding.code in rule.follows]
    return (finding for finding in rule.check(objects) if not any(map(finding.where.holds, told)))


def _conventions(view: View) -> dict[str, Conventions]:
    clusters = view.fleet.clusters.items()
    return {name: Conventions(cluster.cluster_domain, cluster.istio_namespace) for name, cluster in clusters}


def _hosts(patched: Patched, view: View) -> dict[str, list[str]]:
    seen: dict[str, set[str]] = {cluster: set() for cluster in view.fleet.clusters}
    for sites in patched.sites.values():
        for site in sites:
            if isinstance(site, HostSite) and site.host.role in (Role.IMPORT, Role.FAILOVER):
                seen[site.cluster].add(site.host.name)
    return {cluster: sorted(hosts) for cluster, hosts in sorted(seen.items())}
