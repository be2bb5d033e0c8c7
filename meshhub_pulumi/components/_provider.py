"""One explicit provider for each cluster, and why nothing else will do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pulumi

from meshhub_pulumi.model.error import Problem
from meshhub_pulumi.model.topology import Cluster

_PACKAGE = "kubernetes"


def provider_problems(clusters: Iterable[Cluster]) -> Iterator[Problem]:
    """What is wrong with the clusters' providers."""
    taken: dict[int, str] = {}
    for index, cluster in enumerate(clusters):
        path = f"clusters[{index}].provider"
        if reason := _reason(cluster.provider):
            yield Problem(path, reason)
        elif (first := taken.setdefault(id(cluster.provider), cluster.name)) != cluster.name:
            yield Problem(path, f"is already the provider of {first}: each cluster needs its own")


def _reason(provider: object) -> str:
    if provider is None:
        return "required: give the cluster's pulumi_kubernetes.Provider"
    if isinstance(provider, pulumi.Output):
        return (
            "must be a pulumi_kubernetes.Provider, not an Output of one: resource options ignore an Output, and the "
            "objects would go to whatever cluster is current"
        )
    if not isinstance(provider, pulumi.ProviderResource):
        return f"must be a pulumi_kubernetes.Provider, not {type(provider).__name__}"
    if provider.package != _PACKAGE:
        return f"must be a pulumi_kubernetes.Provider, not one of package {provider.package}"
    return ""
