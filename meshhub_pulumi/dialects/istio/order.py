"""Make before break: what must be in place before an object that sends traffic there.

Serving side (ServiceEntry, DestinationRule, Gateway) before client side, hosts before the routes to them, the pods
of a host before the gateways beside them, every permission before the refusal of everything else. Deletion runs the
other way round (istio#8420).

What sends traffic by itself, a route or a host with several backings, needs more: the proxies must know of what it
sends to. Istio tells them of clusters before routes, but Envoy uses a route at once and a cluster only when its
endpoints have come, so that of a change that brings both some requests are answered with 503.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from meshhub_pulumi.dialects.istio.sent_to import SENT_TO, local_name
from meshhub_pulumi.model.failover import backing_name
from meshhub_pulumi.model.manifest import Manifest, ManifestKey, Needs
from meshhub_pulumi.model.plugin import DoorSite, HostSite, ServiceSite, Site
from meshhub_pulumi.model.view import Host, Role

_ABOUT_HOSTS = ("ServiceEntry", "DestinationRule", "EnvoyFilter")


def make_before_break(
    manifests: Mapping[ManifestKey, Manifest], sites: Mapping[ManifestKey, Iterable[Site]]
) -> Mapping[ManifestKey, Needs]:
    """For every object, the objects it must follow."""
    index = _Index(sites)
    return {
        key: Needs(
            frozenset(_placed_before(key, manifests, index)) - {key},
            frozenset(_known_before(key, manifests[key].body["spec"], index)) - {key},
        )
        for key in manifests
    }


class _Index:
    """Objects by what they are about."""

    def __init__(self, sites: Mapping[ManifestKey, Iterable[Site]]) -> None:
        self.host_of: dict[ManifestKey, Host] = {}
        self.callable: dict[tuple[str, str], list[ManifestKey]] = {}
        self.served: dict[str, list[ManifestKey]] = {}
        self.doors: dict[str, list[ManifestKey]] = {}
        self.permits: dict[str, list[ManifestKey]] = {}
        for key, places in sites.items():
            for site in places:
                if isinstance(site, DoorSite):
                    into = self.doors if key.kind == "Gateway" else self.permits
                    into.setdefault(key.cluster, []).append(key)
                elif isinstance(site, ServiceSite):
                    self.permits.setdefault(key.cluster, []).append(key)
                elif isinstance(site, HostSite) and key.kind in _ABOUT_HOSTS:
                    self._host(key, site.host)

    def _host(self, key: ManifestKey, host: Host) -> None:
        self.host_of[key] = host
        if host.role is Role.EXPORT:
            self.served.setdefault(host.name, []).append(key)
        else:
            local = [local_name(host.object_name, host.namespace)] if host.role is Role.LOCAL else []
            for name in (host.name, *local):
                self.callable.setdefault((key.cluster, name), []).append(key)

    def beside(self, key: ManifestKey) -> list[ManifestKey]:
        """The objects about the same host in the same cluster."""
        host = self.host_of[key]
        if host.role is Role.EXPORT:
            return [other for other in self.served[host.name] if other.cluster == key.cluster]
        return self.callable[(key.cluster, host.name)]

    def serving(self, host: Host) -> Iterator[ManifestKey]:
        """What serves a host to other clusters, with the gateways there."""
        for name in (host.name, backing_name(host.name)):
            for key in self.served.get(name, ()):
                yield key
                yield from self.doors.get(key.cluster, ())


def _placed_before(key: ManifestKey, manifests: Mapping[ManifestKey, Manifest], index: _Index) -> Iterator[ManifestKey]:
    spec = manifests[key].body["spec"]
    if key.kind == "AuthorizationPolicy" and not spec:
        yield from index.permits.get(key.cluster, ())
    elif host := index.host_of.get(key):
        if key.kind == "ServiceEntry":
            # a host that is dialable before its DestinationRule would be called in plaintext, and before its
            # EnvoyFilter as what its name resolves to
            same_host = index.beside(key)
            yield from (other for other in same_host if other.kind != "ServiceEntry")
            if "workloadSelector" not in spec:
                yield from (other for other in same_host if "workloadSelector" in manifests[other].body["spec"])
        if host.role is Role.IMPORT:
            yield from index.serving(host)


def _known_before(key: ManifestKey, spec: Mapping[str, Any], index: _Index) -> Iterator[ManifestKey]:
    for host in SENT_TO.get(key.kind, _hosts_joined)(spec):
        yield from index.callable.get((key.cluster, host), ())
    if (host_of := index.host_of.get(key)) and host_of.role is Role.FAILOVER:
        yield from index.serving(host_of)


def _hosts_joined(spec: Mapping[str, Any]) -> Iterator[str]:
    """The hosts of an aggregate's members: the last part of their clusters' names (compat wraps the list once more)."""
    for step in spec.get("configPatches", ()):
        config = step["patch"].get("value", {}).get("cluster_type", {}).get("typed_config", {})
        for name in config.get("value", config).get("clusters", ()):
            yield name.rpartition("|")[2]
