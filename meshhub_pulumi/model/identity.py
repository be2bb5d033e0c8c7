"""Identities: who a workload is, as its certificate says."""

from __future__ import annotations

from typing import Annotated

from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.units import DnsLabel, shaped

TrustDomain = Annotated[
    str, shaped(r"[a-z0-9]([-a-z0-9._]{0,253}[a-z0-9])?", "must be a trust domain: a-z, 0-9, '.', '_' and -")
]
"""The authority in a SPIFFE id; Istio's default is `cluster.local`."""

DEFAULT_TRUST_DOMAIN = "cluster.local"
"""In the principal of a rule it stands for the trust domain of the cluster that reads the rule, whatever that is."""


class ServiceAccountRef(MeshModel):
    """One service account; without a cluster, the accounts of that name in all clusters of the mesh."""

    service_account: DnsLabel
    namespace: DnsLabel
    cluster: DnsLabel | None = None


class IdentityMatcher(MeshModel):
    """Every identity of the given namespaces and clusters; an empty list is no restriction."""

    namespaces: Many[DnsLabel] = ()
    clusters: Many[DnsLabel] = ()


IdentitySelector = ServiceAccountRef | IdentityMatcher


def service_account(name: str, namespace: str, *, cluster: str | None = None) -> ServiceAccountRef:
    """The callers that run under one service account."""
    return ServiceAccountRef(service_account=name, namespace=namespace, cluster=cluster)


def identities(*, namespaces: Many[str] = (), clusters: Many[str] = ()) -> IdentityMatcher:
    """The callers of whole namespaces or clusters."""
    return IdentityMatcher(namespaces=namespaces, clusters=clusters)
