"""Service names: a mesh's federated hosts must not end as the Services of a cluster do.

A gateway that takes such names passes calls on to every Service of its cluster, federated or not. And where another
cluster imports such a host, it stands for the Service of that name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.walk import texts

_TAKEN = {"Gateway": "spec.servers[].hosts[]", "ServiceEntry": "spec.hosts[]"}


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    told: set[str] = set()
    for key, manifest in manifests.items():
        if key.kind in _TAKEN and key.cluster not in told:
            services = f"svc.{view.cluster(key.cluster).cluster_domain}"
            hosts = (host for _, host in texts(manifest.body, _TAKEN[key.kind]))
            if host := next((host for host in hosts if _takes(host, services)), None):
                told.add(key.cluster)  # one suffix makes all of a cluster's hosts
                message = f"{key.title} takes {host}, and the names of Services there end in .{services}"
                yield finding("MH523", message, view.mesh_of[key.cluster].owner.at("hostname_suffix"))


def _takes(host: str, services: str) -> bool:
    """Whether a host, or one that a wildcard stands for, may be the name of a Service."""
    ending = host.removeprefix("*.")
    return _within(ending, services) or (ending != host and _within(services, ending))


def _within(name: str, domain: str) -> bool:
    return f".{name}".endswith(f".{domain}")


RULE = Rule(name="service_names", codes=("MH523",), check=_check)
