"""Failover: one host whose requests go to the first of several services that works, in order.

The host's endpoints are the local pods (chosen by the service's own selector) and the other clusters' gateways. Their
order is told to the proxy by labels that an endpoint has or lacks, so that neither pods nor localities need to
change. Every backing cluster serves the backing under one further name, which all callers' connections ask for.
Measured on three clusters under strict mTLS: no failed request when pods, a gateway or a cluster die
(docs/decisions/0006-failover-by-tiers.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.features.service_entry import addresses, gateway_endpoints, mutual_tls, serving_entry
from meshhub_pulumi.model.fleet import ServiceKey
from meshhub_pulumi.model.late import derive
from meshhub_pulumi.model.plugin import Feature, HostSite, Patch, Whole
from meshhub_pulumi.model.topology import is_ip
from meshhub_pulumi.model.view import backing_name

_TIER = "failover.meshhub.io/tier-"


@dataclass(frozen=True, slots=True)
class FailoverHost:
    """A failover host as its renderers need it: its port, and the backings in order, each with its own port."""

    name: str
    namespace: str
    port: int
    protocol: str
    backings: tuple[tuple[ServiceKey, int], ...]

    @property
    def port_name(self) -> str:
        """The name of the host's port."""
        return self.protocol.lower()


def tier_keys(count: int, local: int) -> list[str]:
    """Envoy's failover priorities for `count` backings, seen from the cluster that hosts number `local`.

    An endpoint's priority is the number of leading keys that it matches, most first; `key=` matches endpoints that
    lack the label.
    """
    return [_tier(count, index) + ("=" if index <= count - 2 - local else "=1") for index in range(count - 1)]


def tier_labels(count: int, local: int, backing: int) -> dict[str, str]:
    """The labels of a backing's gateways, seen from the cluster that hosts number `local`; pods carry none."""
    if backing > local:
        return {_tier(count, count - 1 - backing): "1"}
    return {_tier(count, index): "1" for index in range(count - 1 - local, count - 1 - backing)}


def _tier(count: int, index: int) -> str:
    return f"{_TIER}{count - 1 - index}"


def _position(host: FailoverHost, site: HostSite) -> int | None:
    return next((i for i, (key, _) in enumerate(host.backings) if key.cluster == site.cluster), None)


def _entry(host: FailoverHost, site: HostSite) -> dict[str, Any]:
    return {
        **addresses(site, host.name, host.namespace, "", "failover-service"),
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
    }


def _port(host: FailoverHost, target: int | None = None) -> dict[str, Any]:
    there = {} if target in (None, host.port) else {"targetPort": target}
    return {"number": host.port, **there, "name": host.port_name, "protocol": host.protocol}


def _target(site: HostSite, key: ServiceKey, number: int) -> int:
    port = site.view.service(key).port(number)
    assert port is not None
    return port.target


def _local_tier(host: FailoverHost, site: HostSite) -> Patch:
    """The pods themselves; in a cluster without a backing the gateways of the others stand here."""
    local = _position(host, site)
    if local is None:
        return _whole({**_entry(host, site), "ports": [_port(host)], "endpoints": _remote(host, site, 0)})
    key, number = host.backings[local]
    selector = {"labels": dict(site.view.service(key).selector)}
    ports = [_port(host, _target(site, key, number))]
    return _whole({**_entry(host, site), "workloadSelector": selector, "ports": ports})


def _remote_tiers(host: FailoverHost, site: HostSite) -> Patch | None:
    local = _position(host, site)
    if local is None or len(host.backings) == 1:
        return None
    return _whole({**_entry(host, site), "ports": [_port(host)], "endpoints": _remote(host, site, local)})


def _remote(host: FailoverHost, site: HostSite, local: int) -> list[dict[str, Any]]:
    found = []
    for index, (key, _) in enumerate(host.backings):
        if key.cluster == site.cluster:
            continue
        labels = tier_labels(len(host.backings), local, index)
        for endpoint in gateway_endpoints(site.view.cluster(key.cluster), [host.port_name], labels):
            # no tlsMode label and no locality: the first would let gateways pass requests on to other clusters,
            # the second would compete with the tiers
            kept = {"address": derive(_require_ip, endpoint["address"]), "ports": endpoint["ports"]}
            found.append({**kept, "labels": labels} if labels else kept)
    return found


def _require_ip(address: str) -> str:
    if not is_ip(address):
        raise ValueError(f"failover needs gateways with IP addresses, {address} is a DNS name")
    return address


def _destination_rule(host: FailoverHost, site: HostSite) -> Patch:
    patch: dict[str, Any] = {
        "tls": {"mode": "ISTIO_MUTUAL", "sni": f"outbound_.{host.port}_._.{backing_name(site.host.name)}"}
    }
    if len(host.backings) > 1:
        keys = tier_keys(len(host.backings), _position(host, site) or 0)
        patch["loadBalancer"] = {"localityLbSetting": {"enabled": True, "failoverPriority": keys}}
    return patch


def _whole(patch: dict[str, Any]) -> Patch:
    return {name: Whole(value) for name, value in patch.items()}


def _smh_entry(host: FailoverHost, site: HostSite) -> Patch:
    port = {"number": host.port, "protocol": host.protocol, "name": host.protocol}
    return _whole({**_entry(host, site), "resolution": "DNS", "ports": [port]})


def _smh_filter(host: FailoverHost, site: HostSite) -> Patch:
    name = f"outbound|{host.port}||{site.host.name}"
    matched = {"context": "ANY", "cluster": {"name": name}}
    members = [f"outbound|{port}||{site.view.host_name(key, site.cluster)}" for key, port in host.backings]
    aggregate = {
        "@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
        "type_url": "type.googleapis.com/envoy.config.cluster.aggregate.v2alpha.ClusterConfig",
        "value": {"clusters": members},
    }
    added = {
        "name": name,
        "connect_timeout": "1s",
        "lb_policy": "CLUSTER_PROVIDED",
        "cluster_type": {"name": "envoy.clusters.aggregate", "typed_config": aggregate},
    }
    steps: Sequence[dict[str, Any]] = ({"operation": "REMOVE"}, {"operation": "ADD", "value": added})
    return {
        "configPatches": {
            f"{number}": Whole({"applyTo": "CLUSTER", "match": matched, "patch": step})
            for number, step in enumerate(steps)
        }
    }


FAILOVER = Feature(
    name="failover",
    title="Ordered failover",
    render={
        istio.SERVICE_ENTRY: _local_tier,
        istio.REMOTE_TIERS: _remote_tiers,
        istio.TRAFFIC_POLICY: _destination_rule,
        smh.SERVICE_ENTRY: _smh_entry,
        smh.FAILOVER_FILTER: _smh_filter,
    },
)


def _backing(host: FailoverHost, site: HostSite) -> Patch:
    assert site.host.serves is not None
    service = site.view.service(site.host.serves)
    _, number = next(item for item in host.backings if item[0] == service.key)
    target = _target(site, service.key, number)
    ports = [{"number": host.port, "targetPort": target, "name": host.port_name, "protocol": host.protocol}]
    return serving_entry(service, ports)


BACKING = Feature(
    name="backing",
    title="Failover backing, serving side",
    render={
        istio.SERVICE_ENTRY: _backing,
        istio.TRAFFIC_POLICY: mutual_tls,
        smh.SERVICE_ENTRY: lambda _value, _site: {},
    },
)
