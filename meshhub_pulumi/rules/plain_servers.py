"""Plain servers: where workloads take no mutual TLS, a caller that is told to use it is refused.

This looks at the services of a caller's own cluster; what the pods behind a gateway take only their own cluster knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.peers import Peers
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.strict_callers import namespace_of
from meshhub_pulumi.rules.walk import at, texts


def _check(manifests: Manifests) -> Iterator[Finding]:
    found: dict[str, list[Manifest]] = {}
    for manifest in manifests.of("PeerAuthentication"):
        found.setdefault(manifest.key.cluster, []).append(manifest)
    peers = {cluster: Peers(some, manifests.conventions[cluster].root_namespace) for cluster, some in found.items()}
    for manifest in manifests.of("DestinationRule") if peers else ():
        cluster = manifest.key.cluster
        if cluster in peers and at(manifest.body, "spec.trafficPolicy.tls.mode") == "ISTIO_MUTUAL":
            for place, name in texts(manifest.body, "spec.host"):
                host = manifests.whole_name(name, manifest.key)
                namespace = namespace_of(host)
                if namespace and host.endswith(f".svc.{manifests.conventions[cluster].cluster_domain}"):
                    mode = peers[cluster].of_namespace(namespace)
                    if mode.name == "DISABLE" and mode.by is not None:
                        message = f"{host} is called with ISTIO_MUTUAL, which {mode.by.key.title} disables"
                        yield finding("MH520", message, asker_of(manifest, place))


RULE = ManifestRule(name="plain_servers", codes=("MH520",), check=_check)
