"""What istiod sends to one proxy, asked of a real istiod in the place of that proxy.

A client that subscribes as a proxy does is that proxy for istiod. Here it learns nothing from the responses but that
they have come: istiod shows what it computes for a connected proxy as JSON too, with every message inside spelled
out, and that is what the views (lab.xds.view) read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Literal

import grpc
import httpx

from lab.cluster import Cluster
from lab.errors import LabError
from lab.ports import ADDRESS
from lab.xds import wire

Json = Mapping[str, Any]
LIMIT = 10.0
"""Seconds that one question may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """Who asks. `metadata` joins what every proxy says of itself, for example `{"DNS_CAPTURE": "true"}`."""

    kind: Literal["sidecar", "router"]
    name: str
    namespace: str
    address: str
    labels: Mapping[str, str]
    service_account: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its pod's name for istiod."""
        return f"{self.name}.{self.namespace}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Envoy's own messages as JSON objects, with camelCase names and without defaults."""

    clusters: tuple[Json, ...]
    assignments: tuple[Json, ...]
    """Endpoints, by cluster."""
    listeners: tuple[Json, ...]
    routes: tuple[Json, ...]


def ask(cluster: Cluster, proxy: Proxy) -> Answer:
    """All that the proxy gets at this moment; LabError when istiod does not answer."""
    try:
        with debug_pages(cluster) as pages, _stream(cluster, proxy) as subscribe:
            subscribe(wire.CLUSTERS, ())
            subscribe(wire.LISTENERS, ())
            connection = _connection(pages, proxy)
            said = _shown(pages, connection)
            # As Envoy does: the endpoints and routes that clusters and listeners name.
            subscribe(wire.ENDPOINTS, [found["name"] for found in said.clusters if found.get("type") == "EDS"])
            subscribe(wire.ROUTES, sorted(set(_values(said.listeners, "routeConfigName"))))
            return _shown(pages, connection)
    except (grpc.RpcError, httpx.HTTPError) as problem:
        raise LabError(f"istiod of {cluster.name} does not answer {proxy.id}: {problem!r}") from None


@contextmanager
def debug_pages(cluster: Cluster) -> Iterator[httpx.Client]:
    """A client of istiod's debug pages, which callers from the same machine may read."""
    with _client(cluster.ports.istiod_http) as client:
        yield client


def _client(port: int) -> httpx.Client:
    # trust_env=False: a proxy that the user's environment names must not see loopback requests. verify=False: there
    # is no TLS, and without it the machine's authorities are not read, which takes longer than most answers.
    return httpx.Client(base_url=f"http://{ADDRESS}:{port}", timeout=LIMIT, trust_env=False, verify=False)


_Subscribe = Callable[[str, Sequence[str]], None]


@contextmanager
def _stream(cluster: Cluster, proxy: Proxy) -> Iterator[_Subscribe]:
    """A connection as the proxy; what it gives subscribes to the resources of a type and awaits the response."""
    requests: SimpleQueue[Any] = SimpleQueue()
    node = _node(cluster, proxy)
    server = f"{ADDRESS}:{cluster.ports.istiod_plaintext_xds}"
    with grpc.insecure_channel(server, options=[("grpc.enable_http_proxy", 0)]) as channel:
        responses = channel.stream_stream(
            wire.METHOD,
            request_serializer=wire.DiscoveryRequest.SerializeToString,
            response_deserializer=wire.DiscoveryResponse.FromString,
        )(iter(requests.get, None), timeout=LIMIT)

        def subscribe(type_url: str, names: Sequence[str]) -> None:
            if not names and type_url in (wire.ENDPOINTS, wire.ROUTES):
                return  # there is nothing to name, and istiod does not respond to that
            request = wire.DiscoveryRequest(node=node, type_url=type_url, resource_names=names)
            requests.put(request)
            for response in responses:
                if response.type_url == type_url:
                    request.version_info, request.response_nonce = response.version_info, response.nonce
                    requests.put(request)
                    return
            raise LabError(f"istiod of {cluster.name} ended the stream of {proxy.id}")

        try:
            yield subscribe
        finally:
            requests.put(None)
            responses.cancel()


def _node(cluster: Cluster, proxy: Proxy) -> Any:
    """The proxy as its pilot-agent describes it; it is as new as this istiod."""
    with _client(cluster.ports.istiod_monitoring) as client:
        version = client.get("/version").raise_for_status().text
    node = wire.Node(
        id=f"{proxy.kind}~{proxy.address}~{proxy.id}~{proxy.namespace}.svc.cluster.local",
        cluster=f"{proxy.labels.get('app', proxy.name)}.{proxy.namespace}",
    )
    node.metadata.update(
        {
            "CLUSTER_ID": cluster.name,
            "INSTANCE_IPS": proxy.address,
            "INTERCEPTION_MODE": "REDIRECT",
            "ISTIO_VERSION": version.split("-")[0],
            "LABELS": dict(proxy.labels),
            "MESH_ID": cluster.trust_domain,
            "NAME": proxy.name,
            "NAMESPACE": proxy.namespace,
            "SERVICE_ACCOUNT": proxy.service_account,
            **proxy.metadata,
        }
    )
    return node


def _connection(pages: httpx.Client, proxy: Proxy) -> str:
    """Istiod's name of our connection: the newest of this proxy, as its number says.

    An earlier one may be listed for a moment after its end, and a real proxy of the pod may be connected too.
    """
    shown = pages.get("/debug/connections").raise_for_status().json().get("clients", [])
    names = [str(item["connectionId"]) for item in shown]
    found = [name for name in names if name.rpartition("-")[0] == proxy.id]
    if not found:
        raise LabError(f"istiod does not know {proxy.id}, which is connected")
    return max(found, key=lambda name: int(name.rpartition("-")[2]))


def _shown(pages: httpx.Client, connection: str) -> Answer:
    query = {"proxyID": connection, "include_eds": "true"}
    configs = pages.get("/debug/config_dump", params=query).raise_for_status().json()["configs"]
    dumps = {config["@type"].rpartition(".")[2]: config for config in configs}

    def messages(dump: str, items: str, *path: str) -> tuple[Json, ...]:
        return tuple(_at(item, path) for item in dumps[dump].get(items, []))

    return Answer(
        clusters=messages("ClustersConfigDump", "dynamicActiveClusters", "cluster"),
        assignments=messages("EndpointsConfigDump", "dynamicEndpointConfigs", "endpointConfig"),
        listeners=messages("ListenersConfigDump", "dynamicListeners", "activeState", "listener"),
        routes=messages("RoutesConfigDump", "dynamicRouteConfigs", "routeConfig"),
    )


def _at(item: Json, path: Sequence[str]) -> Json:
    for name in path:
        item = item[name]
    return item


def _values(tree: object, name: str) -> Iterator[str]:
    """Every value of that name, wherever it stands in a tree of JSON."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            if key == name:
                yield value
            else:
                yield from _values(value, name)
    elif isinstance(tree, list | tuple):
        for item in tree:
            yield from _values(item, name)
