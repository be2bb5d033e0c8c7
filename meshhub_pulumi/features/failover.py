"""Failover: one host whose requests go to the first of several services that works, in order.

The host's endpoints are the local pods (chosen by the service's own selector) and the other clusters' gateways. Their
order is told to the proxy by labels that an endpoint has or lacks, so that neither pods nor localities need to
change. Every backing cluster serves the backing under one further name, which all callers' connections ask for.
Measured on three clusters under strict mTLS: no failed request when pods, a gateway or a cluster die
(docs/decisions/0006-failover-by-tiers.md).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.features.service_entry import addresses, gateway_endpoints, mutual_tls, serving_entry
from meshhub_pulumi.model.failover import FailoverHost, backing_name
from meshhub_pulumi.model.fleet import ServiceKey
from meshhub_pulumi.model.late import derive
from meshhub_pulumi.model.plugin import Feature, HostSite, LabelPairs, Patch, Whole
from meshhub_pulumi.model.topology import is_ip

_TIER = "failover.meshhub.io/tier-"


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


def local_tier(host: FailoverHost, site: HostSite) -> int | None:
    """The position of the backing that the callers' cluster hosts itself."""
    order = site.view.failover_order(host, site.cluster)
    return next((i for i, (key, _) in enumerate(order) if key.cluster == site.cluster), None)


def port_name(host: FailoverHost) -> str:
    """The name of a failover host's only port."""
    return host.protocol.lower()


def _entry(host: FailoverHost, site: HostSite) -> dict[str, Any]:
    return {
        **addresses(site, host.name, host.namespace, "", "failover-service"),
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
    }


def _port(host: FailoverHost, target: int | None = None) -> dict[str, Any]:
    there = {} if target in (None, host.port) else {"targetPort": target}
    return {"number": host.port, **there, "name": port_name(host), "protocol": host.protocol}


def _target(site: HostSite, key: ServiceKey, number: int) -> int:
    port = site.view.service(key).port(number)
    assert port is not None
    return port.target


def _first_entry(host: FailoverHost, site: HostSite) -> Patch:
    """The pods themselves; in a cluster without a backing the gateways of the others stand here."""
    own = next((backing for backing in host.backings if backing[0].cluster == site.cluster), None)
    if own is None:
        return _gateways(host, site)
    key, number = own
    selector = {"labels": dict(site.view.service(key).selector)}
    ports = [_port(host, _target(site, key, number))]
    return _whole({**_entry(host, site), "workloadSelector": selector, "ports": ports})


def _second_entry(host: FailoverHost, site: HostSite) -> Patch | None:
    if local_tier(host, site) is None or len(host.backings) == 1:
        return None
    return _gateways(host, site)


def _gateways(host: FailoverHost, site: HostSite) -> Patch:
    return {
        **_whole({**_entry(host, site), "ports": [_port(host)]}),
        "endpoints": gateway_tiers(host, site, host.services),
    }


def gateway_tiers(
    host: FailoverHost, site: HostSite, behind: Collection[ServiceKey], subset: str = "", labels: LabelPairs = ()
) -> Patch:
    """The gateways of other clusters as endpoints: a set for the host itself, and one for each subset, with its labels.

    `behind` are the backings that are meant. Keys keep the endpoints in the order in which they are tried.
    """
    local = local_tier(host, site) or 0
    found = {}
    for index, (key, _) in enumerate(site.view.failover_order(host, site.cluster)):
        if key.cluster == site.cluster or key not in behind:
            continue
        carried = {**dict(labels), **tier_labels(len(host.backings), local, index)}
        endpoints = gateway_endpoints(site.view, key.cluster, [port_name(host)], carried)
        for number, endpoint in enumerate(endpoints):
            # no tlsMode label and no locality: the first would let gateways pass requests on to other clusters,
            # the second would compete with the tiers
            kept = {"address": derive(_require_ip, endpoint["address"]), "ports": endpoint["ports"]}
            found[index, subset, number] = Whole({**kept, "labels": carried} if carried else kept)
    return found


def sni(host: FailoverHost, subset: str = "") -> str:
    """What a connection to a backing asks a gateway for: the host that serves it, or a subset of that."""
    return f"outbound_.{host.port}_.{subset}_.{backing_name(host.hostname)}"


def _require_ip(address: str) -> str:
    if not is_ip(address):
        raise ValueError("failover needs gateways with IP addresses, not DNS names")
    return address


def _destination_rule(host: FailoverHost, site: HostSite) -> Patch:
    patch: dict[str, Any] = {"tls": {"mode": "ISTIO_MUTUAL", "sni": sni(host)}}
    if len(host.backings) > 1:
        keys = tier_keys(len(host.backings), local_tier(host, site) or 0)
        patch["loadBalancer"] = {"localityLbSetting": {"enabled": True, "failoverPriority": keys}}
    return patch


def _whole(patch: dict[str, Any]) -> dict[str, Any]:
    return {name: Whole(value) for name, value in patch.items()}


def _backing(host: FailoverHost, site: HostSite) -> Patch:
    assert site.host.serves is not None
    service = site.view.service(site.host.serves)
    _, number = next(item for item in host.backings if item[0] == service.key)
    target = _target(site, service.key, number)
    ports = [{"number": host.port, "targetPort": target, "name": port_name(host), "protocol": host.protocol}]
    # nobody dials it; but without an address the callers beside it would take every TCP connection to its port for it
    own = addresses(site, backing_name(host.hostname), service.key.namespace, "", "failover-service")
    return {**own, **serving_entry(service, ports)}


BACKING = Feature(
    name="backing",
    title="Failover by tiers, serving side",
    render={istio.SERVICE_ENTRY: _backing, istio.TRAFFIC_POLICY: mutual_tls},
)
FAILOVER = Feature(
    name="failover",
    title="Failover by tiers",
    render={
        istio.SERVICE_ENTRY: _first_entry,
        istio.REMOTE_TIERS: _second_entry,
        istio.TRAFFIC_POLICY: _destination_rule,
    },
)
