"""TCP without an address: a connection names no host, so a proxy knows it by its address, or else by its port alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.host import HTTP_PROTOCOLS
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import hosts_of, owner_of

_NAMES_ITS_HOST = HTTP_PROTOCOLS | {"HTTPS", "TLS"}


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    takers: dict[tuple[str, int], dict[str, Manifest]] = {}
    for key, manifest in manifests.items():
        if key.kind == "ServiceEntry" and view.mesh_of[key.cluster].virtual_ip == "none":
            (host,) = hosts_of(manifest.body)
            for port in manifest.body["spec"].get("ports", ()):
                if port.get("protocol", "HTTP") not in _NAMES_ITS_HOST:
                    takers.setdefault((key.cluster, port["number"]), {}).setdefault(host, manifest)
    for (cluster, number), hosts in takers.items():
        whom = ", ".join(hosts) if len(hosts) == 1 else f"one of {', '.join(hosts)}"
        message = f"proxies in {cluster} take every connection to port {number} for {whom}"
        yield finding("MH138", message, owner_of(next(iter(hosts.values())), view))


RULE = Rule(name="tcp_address", codes=("MH138",), check=_check)
