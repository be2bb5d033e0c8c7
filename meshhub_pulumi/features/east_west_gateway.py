"""The east-west gateway: passes mutual TLS through to the federated hosts of its cluster, by the name asked for."""

from __future__ import annotations

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.plugin import DoorSite, Feature, Patch, Whole


def _door(_value: None, site: DoorSite) -> Patch:
    door, mesh = site.gateway, site.view.mesh_of[site.cluster]
    server = {
        "port": {"number": door.container_port, "name": "tls", "protocol": "TLS"},
        "hosts": [f"*.{mesh.hostname_suffix}"],
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
    render={istio.EAST_WEST_GATEWAY: _door, smh.EAST_WEST_GATEWAY: _door, smh.GATEWAY_FILTER: _smh_filter},
)
