"""Hosts: what two specs call by one name would be two hosts, of which a cluster knows one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import hosts_of, owner_of


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    first: dict[tuple[str, str], Manifest] = {}
    for key, manifest in manifests.items():
        if key.kind != "ServiceEntry":
            continue
        for host in hosts_of(manifest.body):
            # the parts of one host share a namespace; istiod joins them there
            other = first.setdefault((key.cluster, host), manifest)
            if other.key.namespace != key.namespace:
                message = f"{host} is also the host of {owner_of(other, view).where()} in {key.cluster}"
                yield finding("MH201", message, owner_of(manifest, view))


RULE = Rule(name="host_twice", codes=("MH201",), check=_check)
