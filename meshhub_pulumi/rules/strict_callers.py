"""Strict servers: where workloads accept mutual TLS only, a caller without it is refused.

What is called from a cluster is taken to be as strict as that cluster: a service as its namespace there, any other host
of the mesh as the cluster as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifest, Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.peers import Peers
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.walk import at, texts, walk

_TLS = (
    "spec.trafficPolicy.tls",
    "spec.trafficPolicy.portLevelSettings[].tls",
    "spec.subsets[].trafficPolicy.tls",
    "spec.subsets[].trafficPolicy.portLevelSettings[].tls",
)
_WITHOUT = ("DISABLE", "SIMPLE", "MUTUAL")
"""The modes that are not the mesh's own mutual TLS."""


def _check(manifests: Manifests) -> Iterator[Finding]:
    found: dict[str, list[Manifest]] = {}
    for manifest in manifests.of("PeerAuthentication"):
        found.setdefault(manifest.key.cluster, []).append(manifest)
    if not found:
        return
    peers = {cluster: Peers(some, manifests.conventions[cluster].root_namespace) for cluster, some in found.items()}
    inside = {
        (manifest.key.cluster, host)
        for manifest in manifests.of("ServiceEntry")
        if at(manifest.body, "spec.location") == "MESH_INTERNAL"
        for _, host in texts(manifest.body, "spec.hosts[]")
    }
    for manifest in manifests.of("DestinationRule"):
        for _, name in texts(manifest.body, "spec.host"):
            cluster, host = manifest.key.cluster, manifests.whole_name(name, manifest.key)
            namespace = namespace_of(host)
            if cluster not in peers or (namespace is None and (cluster, host) not in inside):
                continue  # it may well be outside the mesh
            root = manifests.conventions[cluster].root_namespace
            mode = peers[cluster].of_namespace(namespace or root)
            if mode.name == "STRICT" and mode.by is not None:
                whole = mode.by.key.namespace == root
                yield from _plain(manifest, host, cluster if whole else f"{namespace} in {cluster}")


def namespace_of(host: str) -> str | None:
    """The namespace of a service by its host; None where the host does not say it."""
    match host.split("."):
        case [_, namespace, "svc", *_]:
            return namespace
        case _:
            return None


def _plain(manifest: Manifest, host: str, strict: str) -> Iterator[Finding]:
    for path in _TLS:
        for place, tls in walk(manifest.body, path):
            # Istio reads settings without a mode as DISABLE
            mode = tls.get("mode", "DISABLE") if isinstance(tls, Mapping) else None
            if mode and not is_late(mode) and mode != "ISTIO_MUTUAL":
                # what is none of them may be a secret, which the policy pack reports in clear
                shown = mode if mode in _WITHOUT else "none of Istio's modes"
                message = f"{host} is called with {shown}, but {strict} is strict"
                yield finding("MH511", message, asker_of(manifest, place))


RULE = ManifestRule(name="strict_callers", codes=("MH511",), check=_check)
