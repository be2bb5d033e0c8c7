"""What istiod would send to a proxy, without a proxy: the configuration of any pod's Envoy, for tests.

settle(kind2, kind3)
client = proxy(kind2, "client")
client.route("reviews", 9080).clusters == {"outbound|9080|version-v3|reviews.default.svc.kind3.global": 75, ...}
proxy(kind3, "gateway", namespace="istio-system", kind="router").sni(15443, "outbound_.9080_...")
"""

from __future__ import annotations

from lab.xds.ask import Proxy
from lab.xds.cluster import Cluster, Endpoint, Tls
from lab.xds.listener import Chain
from lab.xds.route import HeaderChanges, Retries, Route
from lab.xds.settle import settle
from lab.xds.view import ProxyView, proxy

__all__ = [
    "Chain",
    "Cluster",
    "Endpoint",
    "HeaderChanges",
    "Proxy",
    "ProxyView",
    "Retries",
    "Route",
    "Tls",
    "proxy",
    "settle",
]
