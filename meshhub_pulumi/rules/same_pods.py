"""Same pods: access is ruled at pods, so services that share pods share their rules.

Rules select pods of their own namespace; those of the root namespace select pods of all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.fleet import FleetCluster, carriers, selects
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.foreign import listed
from meshhub_pulumi.rules.place import owner_of


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    first: dict[tuple[str, str, frozenset[tuple[str, str]]], Manifest] = {}
    for key, manifest in manifests.items():
        selector = manifest.body["spec"].get("selector", {}) if key.kind == "AuthorizationPolicy" else {}
        if labels := selector.get("matchLabels"):
            other = first.setdefault((key.cluster, key.namespace, frozenset(labels.items())), manifest)
            if other is not manifest:
                message = (
                    f"{key.namespace}/{key.name} and {key.namespace}/{other.key.name} in {key.cluster} are the same "
                    f"pods: what {owner_of(other, view).object} allows is allowed here too"
                )
                yield finding("MH518", message, owner_of(manifest, view))
            yield from _elsewhere(manifest, labels, view)


def _elsewhere(manifest: Manifest, labels: Mapping[str, str], view: View) -> Iterator[Finding]:
    key, cluster = manifest.key, view.cluster(manifest.key.cluster)
    if key.namespace == cluster.istio_namespace and not _opens_a_gateway(manifest, labels, cluster):
        services = [x for x in cluster.asking_for(labels) if x.key.namespace != key.namespace]
        others = {f"{x.key.namespace}/{x.key.name}" for x in services}
        spoken_for = {id(pods) for x in services for pods in x.workloads}
        for pods in carriers(cluster.pods, None, labels):
            if pods.namespace != key.namespace and id(pods) not in spoken_for:
                others.add(f"{pods.namespace}/{pods.name}")
        if others:
            message = (
                f"rules of {key.namespace} hold everywhere in {cluster.name}: {key.namespace}/{key.name} selects "
                f"the pods of {listed(sorted(others))} too, and decides with theirs who may call them"
            )
            advice = "Give the service a selector that pods of other namespaces do not fit."
            yield finding("MH518", message, owner_of(manifest, view), advice=advice)


def _opens_a_gateway(manifest: Manifest, labels: Mapping[str, str], cluster: FleetCluster) -> bool:
    """Whether it lets everybody in at a gateway; pods elsewhere that look like it are gateways, too."""
    everybody = manifest.body["spec"].get("rules") == [{}]
    return everybody and any(selects(labels, door.labels) for door in cluster.gateways)


RULE = Rule(name="same_pods", codes=("MH518",), check=_check)
