"""Virtual IPs: two hosts of one cluster must not share an address, nor take one that Istio gives out itself."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.existing import key_of
from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import hosts_of, owner_of

_ISTIOS_OWN = ipaddress.ip_network("240.240.0.0/16")
"""What istiod allocates from for hosts without an address."""


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    taken: dict[tuple[str, str], tuple[str, str]] = dict(_existing(view))
    told: set[tuple[str, ...]] = set()
    for key, manifest in manifests.items():
        if key.kind != "ServiceEntry":
            continue
        (host,) = hosts_of(manifest.body)
        for address in manifest.body["spec"].get("addresses", ()):
            first, where = taken.setdefault((key.cluster, address), (host, key.title))
            if first != host and (first, host) not in told:
                told.add((first, host))
                message = f"{host} and {first} ({where}) both have the virtual IP {address}"
                yield finding("MH202", message, owner_of(manifest, view))
            if (host,) not in told and ipaddress.ip_address(address) in _ISTIOS_OWN:
                told.add((host,))
                message = f"{host} has the virtual IP {address}, which Istio may give to another host"
                yield finding("MH206", message, owner_of(manifest, view))


def _existing(view: View) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for cluster in view.fleet.clusters.values():
        for body in cluster.objects:
            if body.get("kind") == "ServiceEntry":
                for address in _addresses(body):
                    for host in hosts_of(body)[:1]:
                        yield (cluster.name, address), (host, key_of(cluster.name, body).title)


def _addresses(body: Mapping[str, Any]) -> list[str]:
    return [str(address).removesuffix("/32") for address in (body.get("spec") or {}).get("addresses") or ()]


RULE = Rule(name="virtual_ip", codes=("MH202", "MH206"), check=_check)
