"""Strict servers: where workloads accept mutual TLS only, a caller without it is refused.

What is called from a cluster is taken to be as strict as that cluster: a service as its namespace there, any other host
of the mesh as the cluster as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifest, Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.walk import at, texts, walk

_TLS = (
    "spec.trafficPolicy.tls",
    "spec.trafficPolicy.portLevelSettings[].tls",
    "spec.subsets[].trafficPolicy.tls",
    "spec.subsets[].trafficPolicy.portLevelSettings[].tls",
)


def _check(manifests: Manifests) -> Iterator[Finding]:
    modes: dict[tuple[str, str], Any] = {}
    for manifest in manifests.of("PeerAuthentication"):
        selector, place = at(manifest.body, "spec.selector"), (manifest.key.cluster, manifest.key.namespace)
        if is_late(selector):
            modes.setdefault(place, selector)
        elif not selector:
            modes[place] = at(manifest.body, "spec.mtls.mode")
    if not modes:
        return
    inside = {
        (manifest.key.cluster, host)
        for manifest in manifests.of("ServiceEntry")
        if at(manifest.body, "spec.location") == "MESH_INTERNAL"
        for _, host in texts(manifest.body, "spec.hosts[]")
    }
    for manifest in manifests.of("DestinationRule"):
        for _, name in texts(manifest.body, "spec.host"):
            cluster, host = manifest.key.cluster, manifests.whole_name(name, manifest.key)
            namespace = _namespace(host)
            if namespace is None and (cluster, host) not in inside:
                continue  # it may well be outside the mesh
            root = modes.get((cluster, manifests.conventions[cluster].root_namespace))
            if (namespace and modes.get((cluster, namespace))) == "STRICT":
                yield from _plain(manifest, host, f"{namespace} in {cluster}")
            elif root == "STRICT" and not (namespace and modes.get((cluster, namespace))):
                yield from _plain(manifest, host, cluster)


def _namespace(host: str) -> str | None:
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
                yield finding(
                    "MH511", f"{host} is called with {mode}, but {strict} is strict", asker_of(manifest, place)
                )


RULE = ManifestRule(name="strict_callers", codes=("MH511",), check=_check)
