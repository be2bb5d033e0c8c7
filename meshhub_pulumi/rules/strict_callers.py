"""Strict servers: where workloads accept mutual TLS only, a caller without it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import owner_of


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    strict = {
        key.cluster
        for key, manifest in manifests.items()
        if key.kind == "PeerAuthentication" and manifest.body["spec"]["mtls"]["mode"] == "STRICT"
    }
    for key, manifest in manifests.items():
        if key.kind == "DestinationRule" and key.cluster in strict:
            mode = manifest.body["spec"]["trafficPolicy"]["tls"]["mode"]
            if mode != "ISTIO_MUTUAL":
                message = f"{manifest.body['spec']['host']} is called with {mode}, but {key.cluster} is strict"
                yield finding("MH511", message, owner_of(manifest, view, "spec.trafficPolicy.tls"))


RULE = Rule(name="strict_callers", codes=("MH511",), check=_check)
