"""One proxy as istiod sees it at this moment: its clusters, and what becomes of connections and requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lab.errors import LabError
from lab.running import RunningCluster
from lab.xds import cluster as clusters
from lab.xds import listener, route
from lab.xds.ask import Answer, Json, Proxy, ask
from lab.xds.match import Request

BETWEEN_PROXIES = "istio"
"""The application protocol by which Istio's proxies know each other's connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyView:
    """What one proxy would do."""

    proxy: Proxy
    clusters: Mapping[str, clusters.Cluster]
    """By Istio's name for them: `outbound|<port>|<subset>|<host>`."""
    listeners: tuple[Json, ...]
    route_configurations: Mapping[str, Json]

    def route(
        self,
        host: str,
        port: int,
        path: str = "/",
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> route.Route | None:
        """What becomes of a request to a host that listens for HTTP; None where nothing is said about it.

        Header names in lower case. What a proxy passes through unseen counts as nothing said.
        """
        named = self.route_configurations.get(str(port)) or self.route_configurations.get(f"{host}:{port}")
        request = Request(host=host, path=path, method=method, headers=headers or {}, query=query or {})
        found = route.route(named, request) if named else None
        return None if found and "PassthroughCluster" in found.clusters else found

    def connection(self, address: str, port: int, *, protocol: str = "") -> listener.Chain | None:
        """What becomes of an app's plaintext connection; `protocol` is `http/1.1` where it begins like that."""
        return listener.chain(self.listeners, listener.Connection(address=address, port=port, protocol=protocol))

    def arrival(self, port: int, *, protocol: str = BETWEEN_PROXIES) -> listener.Chain | None:
        """What becomes of a connection of another sidecar to a port of this one's pod.

        `protocol` is what that one says it carries: `istio-http/1.1` and `istio-h2` are requests.
        """
        address = self.proxy.address
        arriving = listener.Connection(address=address, port=port, tls=True, protocol=protocol)
        return listener.arrival(self.listeners, arriving)

    def sni(self, port: int, name: str) -> str | None:
        """The cluster to which a gateway passes a proxy's connection that asks for a name; None where it refuses."""
        asked = listener.Connection(address="0.0.0.0", port=port, tls=True, sni=name, protocol=BETWEEN_PROXIES)
        found = listener.chain(self.listeners, asked)
        return None if found is None else next(iter(found.clusters), None)


def proxy(
    cluster: RunningCluster,
    pod: str,
    *,
    namespace: str = "default",
    kind: Literal["sidecar", "router"] = "sidecar",
    metadata: Mapping[str, Any] | None = None,
) -> ProxyView:
    """The view of a pod's proxy, with the pod's address, labels and account; its node says where it is.

    `metadata` is what the proxy says of itself beyond that. What was applied a moment ago may not have arrived:
    see `settle`. Raises LabError when there is no such pod or istiod does not answer.
    """
    found = cluster.api.read("v1", "Pod", pod, namespace)
    if found is None or "podIP" not in found.get("status", {}):
        raise LabError(f"{cluster.name} has no pod {namespace}/{pod} with an address")
    asking = Proxy(
        kind=kind,
        name=pod,
        namespace=namespace,
        address=found["status"]["podIP"],
        labels=found["metadata"].get("labels", {}),
        service_account=found["spec"].get("serviceAccountName", "default"),
        metadata=metadata or {},
    )
    return view(asking, ask(cluster.cluster, asking))


def view(asking: Proxy, answer: Answer) -> ProxyView:
    """The view of what istiod said."""
    assignments = {assignment["clusterName"]: assignment for assignment in answer.assignments}
    seen = [clusters.cluster(message, assignments.get(message["name"])) for message in answer.clusters]
    return ProxyView(
        proxy=asking,
        clusters={one.name: one for one in seen},
        listeners=answer.listeners,
        route_configurations={message["name"]: message for message in answer.routes},
    )
