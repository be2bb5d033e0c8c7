"""Unjudged backings: an aggregate goes on to its next member when outlier detection has left all endpoints of one out.

Service Mesh Hub 0.8 wrote none for a failover service itself, and refused one whose backing services no policy gave it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    if not any(host.backings for host in view.failovers.values()):
        return
    judged = {
        (key.cluster, manifest.body["spec"]["host"])
        for key, manifest in manifests.items()
        if key.kind == "DestinationRule" and "outlierDetection" in manifest.body["spec"].get("trafficPolicy", {})
    }
    for host in view.failovers.values():
        if any(view.dialect_of[client].name == "smh-0.8" for client in host.clients):
            for index, key in enumerate(host.services):
                if (key.cluster, view.host_name(key, key.cluster)) not in judged:
                    at = host.owner.at(f"backing_services[{index}]")
                    yield finding("MH613", f"no TrafficPolicy gives {key} outlier detection", at)


RULE = Rule(name="unjudged_backings", codes=("MH613",), check=_check)
