"""Access: the AuthorizationPolicies of both sides become the callers that workloads let in since the change or not.

Policies select pods by their labels; people know these as the pods behind a service. What a policy selects and no
service does is told by its labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.model.view import View
from meshhub_pulumi.report.compare.effect import Access
from meshhub_pulumi.report.compare.grants import EVERYTHING, Grant, Grants, grants_of, texts_of, widest
from meshhub_pulumi.report.compare.leaves import labels_text

OTHERS = "all other workloads"


def is_allowing(manifest: Manifest) -> bool:
    """Whether it is an AuthorizationPolicy that permits; others are compared by their text."""
    spec = manifest.body.get("spec", {})
    return manifest.key.kind == "AuthorizationPolicy" and spec.get("action", "ALLOW") == "ALLOW" and _known(spec)


def _known(spec: Mapping[str, Any]) -> bool:
    return spec.keys() <= {"selector", "action", "rules"} and spec.get("selector", {}).keys() <= {"matchLabels"}


@dataclass(frozen=True, slots=True, order=True)
class Pods:
    """The pods of a namespace that have these labels; no namespace for all other ones of the cluster."""

    cluster: str
    namespace: str
    labels: tuple[tuple[str, str], ...]
    name: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Policy:
    labels: frozenset[tuple[str, str]]
    grants: frozenset[Grant]


class Policies:
    """The permissions of one side."""

    def __init__(self, manifests: Iterable[Manifest], view: View) -> None:
        self._view = view
        self._of: dict[tuple[str, str], list[_Policy]] = {}
        for manifest in filter(is_allowing, manifests):
            spec, key = manifest.body.get("spec", {}), manifest.key
            labels = frozenset(spec.get("selector", {}).get("matchLabels", {}).items())
            policy = _Policy(labels, grants_of(spec.get("rules", ())))
            root = key.cluster in view.fleet.clusters and view.cluster(key.cluster).istio_namespace
            everywhere = key.namespace == root and not labels
            self._of.setdefault((key.cluster, "" if everywhere else key.namespace), []).append(policy)

    def clusters(self) -> set[str]:
        """The clusters with any policy."""
        return {cluster for cluster, _ in self._of}

    def pods(self, clusters: set[str]) -> Iterator[Pods]:
        """All pods of some clusters that are worth telling apart."""
        for cluster in sorted(clusters):
            yield Pods(cluster, "", (), OTHERS)
            served = set()
            if cluster in self._view.fleet.clusters:
                for service in self._view.cluster(cluster).services.values():
                    if service.selector:
                        labels = tuple(sorted(service.selector.items()))
                        served.add((service.key.namespace, frozenset(labels)))
                        yield Pods(cluster, service.key.namespace, labels, str(service.key))
            for (at, namespace), policies in self._of.items():
                for policy in policies if at == cluster and namespace else ():
                    # also where it takes in more than the pods of one service
                    if (namespace, policy.labels) not in served:
                        labels = tuple(sorted(policy.labels))
                        of = f"pods with {labels_text(dict(labels))}" if labels else "all pods"
                        yield Pods(cluster, namespace, labels, f"{of} in {namespace}")

    def let_in(self, pods: Pods) -> frozenset[Grant]:
        """Who may call the pods: everybody where no policy is about them."""
        labels = frozenset(pods.labels)
        places = {(pods.cluster, ""), (pods.cluster, pods.namespace)}
        about = [x for place in places for x in self._of.get(place, ()) if x.labels <= labels]
        if not about:
            return frozenset({EVERYTHING})
        return widest(grant for policy in about for grant in policy.grants)


def access(before: Policies, after: Policies) -> list[Access]:
    """The workloads that let in other callers than before, those with the same difference together."""
    clusters = before.clusters() | after.clusters()
    pods: dict[Pods, set[str]] = {}
    for side in (before, after):
        for each in side.pods(clusters):
            pods.setdefault(each, set()).add(each.name)
    grouped: dict[tuple[str, frozenset[Grant], frozenset[Grant]], set[str]] = {}
    for each in sorted(pods):
        old, new = before.let_in(each), after.let_in(each)
        if old != new and (_beyond(old, new) or _beyond(new, old)):
            grouped.setdefault((each.cluster, old, new), set()).update(pods[each])
    return [
        Access(cluster, tuple(sorted(names)), _beyond(new, old), _beyond(old, new), texts_of(old), texts_of(new))
        for (cluster, old, new), names in grouped.items()
    ]


def _beyond(grants: frozenset[Grant], others: frozenset[Grant]) -> tuple[str, ...]:
    """What some grants permit and others do not."""
    known = Grants(others)
    return texts_of(grant for grant in grants - others if not known.cover(grant))
