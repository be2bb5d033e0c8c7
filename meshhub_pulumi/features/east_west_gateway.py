"""The east-west gateway: passes mutual TLS through to the hosts that its own cluster serves, by the name asked for.

What the cluster imports ends in the same suffix. A gateway that took all of that would pass it on to the clusters that
serve it, for whoever can reach this gateway (measured; docs/decisions/0016-a-gateway-serves-its-own-cluster.md).
"""

from __future__ import annotations

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.failover import BACKING_SUFFIX
from meshhub_pulumi.model.plugin import DoorSite, Feature, Patch, Whole


def _door(_value: None, site: DoorSite) -> Patch:
    suffix = site.view.mesh_of[site.cluster].hostname_suffix
    # both in any case: a Gateway that lost one before the last caller lets go of it would refuse that caller
    return _server(site, f"*.{site.cluster}.{suffix}", f"*.{BACKING_SUFFIX}")


def _smh_door(_value: None, site: DoorSite) -> Patch:
    return _server(site, f"*.{site.view.mesh_of[site.cluster].hostname_suffix}")


def _server(site: DoorSite, *hosts: str) -> Patch:
    door = site.gateway
    server = {
        "port": {"number": door.container_port, "name": "tls", "protocol": "TLS"},
        "hosts": list(hosts),
        "tls": {"mode": "AUTO_PASSTHROUGH"},
    }
    return {"selector": Whole(dict(door.labels)), "servers": {door.container_port: Whole(server)}}


_TCP_CLUSTER_REWRITE = (
    "type.googleapis.com/istio.envoy.config.filter.network.tcp_cluster_rewrite.v2alpha1.TcpClusterRewrite"
)


def _smh_filter(_value: None, site: DoorSite) -> Patch:
    listener = {
        "portNumber": site.gateway.container_port,
        "filterChain": {"filter": {"name": "envoy.filters.network.sni_cluster"}},
    }
    rewrite = {
        "@type": _TCP_CLUSTER_REWRITE,
        "cluster_pattern": rf"\.{site.cluster}.{site.view.mesh_of[site.cluster].hostname_suffix}$",
        "cluster_replacement": f".{site.view.cluster(site.cluster).cluster_domain}",
    }
    value = {"name": "envoy.filters.network.tcp_cluster_rewrite", "typed_config": rewrite}
    patch = {
        "applyTo": "NETWORK_FILTER",
        "match": {"context": "GATEWAY", "listener": listener},
        "patch": {"operation": "INSERT_AFTER", "value": value},
    }
    return {
        "workloadSelector": Whole({"labels": dict(site.gateway.labels)}),
        "configPatches": {"tcp_cluster_rewrite": Whole(patch)},
    }


FEATURE = Feature(
    name="door",
    title="East-west gateway",
    render={istio.EAST_WEST_GATEWAY: _door, smh.EAST_WEST_GATEWAY: _smh_door, smh.GATEWAY_FILTER: _smh_filter},
)
