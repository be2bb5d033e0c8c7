"""Indistinct callers: an access rule names clusters, but identities name trust domains, which clusters can share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.identity import IdentitySelector, ServiceAccountRef
from meshhub_pulumi.model.plugin import ServiceSite


class _Callers(NamedTuple):
    """Some of the callers that a source means; None is any."""

    cluster: str | None
    namespace: str | None
    account: str | None

    def within(self) -> Iterator[_Callers]:
        """Itself, and all who include it."""
        for cluster in (self.cluster, None):
            yield _Callers(cluster, self.namespace, self.account)
            yield _Callers(cluster, self.namespace, None)
            yield _Callers(cluster, None, None)


def clusters_of(source: IdentitySelector) -> tuple[str, ...]:
    """The clusters that a source names; none where it means all of the mesh."""
    if isinstance(source, ServiceAccountRef):
        return (source.cluster,) if source.cluster else ()
    return tuple(source.clusters)


def indistinct(sources: Sequence[IdentitySelector], site: ServiceSite, owner: Owner) -> Iterator[Finding]:
    """Clusters that are let in as they share the trust domain of a named one, and that no source of the rule names.

    Whoever calls the pods of a site comes from a cluster of their mesh, most of all from their own.
    """
    view, members = site.view, site.view.members(site.cluster)
    meant = {callers for source in sources for callers in _callers(source, clusters_of(source) or (None,))}
    for index, source in enumerate(sources):
        clusters = clusters_of(source)
        domains = {view.cluster(name).trust_domain for name in view.fleet.clusters.keys() & clusters}
        for other in members if domains else ():
            domain = view.cluster(other).trust_domain
            if domain in domains and any(meant.isdisjoint(callers.within()) for callers in _callers(source, (other,))):
                chosen = ", ".join(sorted(set(clusters)))
                message = f"{other} shares the trust domain {domain} with {chosen}, so it is let in too"
                yield finding("MH517", message, owner.at(f"sources[{index}]"))


def _callers(source: IdentitySelector, clusters: Sequence[str | None]) -> Iterator[_Callers]:
    account = None
    inside: Sequence[str | None] = (None,)
    if isinstance(source, ServiceAccountRef):
        inside, account = (source.namespace,), source.service_account
    elif source.namespaces:
        inside = source.namespaces
    for cluster in clusters:
        for namespace in inside:
            yield _Callers(cluster, namespace, account)
