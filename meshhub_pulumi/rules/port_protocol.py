"""Port protocols: a sidecar can find out what a local port speaks, but a federated one is what it is declared to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import hosts_of, owner_of


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    federated: dict[str, Manifest] = {}
    for key, manifest in manifests.items():
        if key.kind == "ServiceEntry":
            federated.setdefault(hosts_of(manifest.body)[0], manifest)
    for service in view.fleet.services.values() if federated else ():
        found = federated.get(view.federated_name(service.key))
        if found and (silent := [port for port in service.ports if port.protocol is None]):
            ports = ", ".join(f"{port.number} ({port.name})" if port.name else str(port.number) for port in silent)
            message = f"{service.key} says no protocol for port {ports}, so other clusters take it for TCP"
            yield finding("MH124", message, owner_of(found, view))


RULE = Rule(name="port_protocol", codes=("MH124",), check=_check)
