"""Unresolved hosts: names that no DNS server has, in clusters whose proxies answer no DNS questions.

What a route sends to needs no answer: only an app that calls such a name itself does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View

_FOR_ROUTES = ("none", "referenced")
"""The federations that make no host but those that routes send to."""


def _check(view: View, _manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    for name, cluster in view.fleet.clusters.items():
        if cluster.dns_proxying is not False:
            continue
        message = f"the proxies of {name} answer no DNS questions, so its apps cannot look up"
        for host in view.failovers.values():
            if name in host.clients:
                yield finding("MH140", f"{message} {host.hostname}", host.owner.at("hostname"))
        mesh = view.mesh_of.get(name)
        if mesh and len(mesh.members) > 1 and mesh.federation not in _FOR_ROUTES:
            yield finding("MH140", f"{message} what ends in .{mesh.hostname_suffix}", mesh.owner.at("federation"))


RULE = Rule(name="unresolved_hosts", codes=("MH140",), check=_check)
