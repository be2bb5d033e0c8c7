"""The way of a request through two proxies: from the caller's into the gateway of the cluster that serves it."""

from __future__ import annotations

from world import DOOR

from lab.xds import Cluster, ProxyView

LOCAL = "reviews.default.svc.cluster.local"
AWAY = "reviews.default.svc.kind3.global"
"""Reviews of kind3, as other clusters call it."""


def outbound(host: str = AWAY, port: int = 9080, subset: str = "") -> str:
    """Istio's name of a cluster."""
    return f"outbound|{port}|{subset}|{host}"


def sni(host: str = AWAY, port: int = 9080, subset: str = "") -> str:
    """What a connection asks a gateway for."""
    return f"outbound_.{port}_.{subset}_.{host}"


def asked(cluster: Cluster) -> set[str]:
    """The names that connections to the endpoints of a cluster ask for; an empty one where they are no TLS."""
    return {endpoint.tls.sni if endpoint.tls else "" for endpoint in cluster.endpoints}


def behind(gateway: ProxyView, name: str) -> list[str]:
    """The pods, as `workload:port`, to which a gateway passes a connection that asks for a name; none if it refuses."""
    found = gateway.sni(DOOR, name)
    endpoints = gateway.clusters[found].endpoints if found else ()
    return sorted(f"{endpoint.workload}:{endpoint.port}" for endpoint in endpoints)


def reached(cluster: Cluster, gateway: ProxyView) -> list[str]:
    """The pods behind a gateway at which requests of a caller's cluster arrive."""
    (name,) = asked(cluster)
    return behind(gateway, name)
