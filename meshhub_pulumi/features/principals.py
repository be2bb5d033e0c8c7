"""Principals: the sources of an access rule as Istio writes them, and those that it would read otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.identity import DEFAULT_TRUST_DOMAIN, IdentityMatcher, IdentitySelector, ServiceAccountRef
from meshhub_pulumi.model.plugin import ServiceSite


def source_of(source: IdentitySelector, site: ServiceSite) -> dict[str, Any]:
    """The source of a rule at the pods of a site; empty where it is any caller."""
    if isinstance(source, IdentityMatcher):
        return _matcher(source, site)
    domains = _domains(_clusters(source, site), site)
    return {"principals": [f"{domain}/ns/{source.namespace}/sa/{source.service_account}" for domain in domains]}


def _matcher(source: IdentityMatcher, site: ServiceSite) -> dict[str, Any]:
    domains, namespaces = _domains(source.clusters, site), sorted(set(source.namespaces))
    if domains and namespaces:
        # without the part of the account it is no whole principal, in which Istio would replace the domain
        accounts = {domain: "*" if _is_replaced(domain, site) else "sa/*" for domain in domains}
        return {
            "principals": [f"{domain}/ns/{inside}/{accounts[domain]}" for domain in domains for inside in namespaces]
        }
    if domains:
        return {"principals": [f"{domain}/ns/*" for domain in domains]}
    return {"namespaces": namespaces} if namespaces else {}


def misread(source: IdentitySelector, site: ServiceSite, at: Owner) -> Iterator[Finding]:
    """An account of another cluster whose trust domain the pods of a site take for that of their own cluster."""
    if isinstance(source, IdentityMatcher):
        return
    known = site.view.fleet.clusters.keys() & _clusters(source, site)
    replaced = sorted(name for name in known if _is_replaced(site.view.cluster(name).trust_domain, site))
    if replaced:
        own = site.view.cluster(site.cluster).trust_domain
        message = (
            f"{site.cluster} takes {DEFAULT_TRUST_DOMAIN}, the trust domain of {', '.join(replaced)}, for its own, "
            f"{own}: it lets in its own account in place of theirs"
        )
        advice = f"Give each of these clusters a trust domain of its own, other than {DEFAULT_TRUST_DOMAIN}."
        yield finding("MH517", message, at, advice=advice)


def _is_replaced(domain: str, site: ServiceSite) -> bool:
    """Whether the istiod of a site reads its own trust domain in a principal's place of this one.

    To Istio its default stands for whatever the trust domain of the pods is.
    """
    return domain == DEFAULT_TRUST_DOMAIN != site.view.cluster(site.cluster).trust_domain


def _clusters(source: ServiceAccountRef, site: ServiceSite) -> list[str]:
    return [source.cluster] if source.cluster else site.view.members(site.cluster)


def _domains(clusters: Iterable[str], site: ServiceSite) -> list[str]:
    return sorted({site.view.cluster(name).trust_domain for name in clusters})
