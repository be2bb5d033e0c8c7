"""Envoy's clusters as a test reads them: which endpoints, in which order of preference, and how they are talked to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lab.xds.ask import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """A connection in TLS: the name it asks for, and the identities of which the other side must have one.

    No identities means that any certificate of the mesh will do.
    """

    sni: str
    identities: tuple[str, ...]
    alpn: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where requests of a cluster may go. The lowest `priority` that has healthy endpoints is used."""

    address: str
    port: int
    priority: int
    healthy: bool
    weight: int
    locality: str
    """`region/zone/subzone`, as much of it as there is."""
    workload: str
    """The name of its pod's workload, where Istio knows it."""
    tls: Tls | None
    """How the connection is made; None is plaintext."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One slice of a destination, as a proxy sees it. `raw` is Envoy's own message."""

    name: str
    kind: str
    """Envoy's discovery type: EDS, STRICT_DNS, LOGICAL_DNS, STATIC, ORIGINAL_DST."""
    endpoints: tuple[Endpoint, ...]
    http2: bool
    """Whether every request goes out as HTTP/2, as gRPC needs."""
    outlier_detection: Json | None
    """When endpoints are ejected; without it no lower priority is ever used."""
    raw: Json = field(repr=False)

    @property
    def addresses(self) -> list[str]:
        """`address:port` of every endpoint, sorted."""
        return sorted(f"{endpoint.address}:{endpoint.port}" for endpoint in self.endpoints)

    @property
    def workloads(self) -> list[str]:
        """The workloads of the endpoints, sorted."""
        return sorted(endpoint.workload for endpoint in self.endpoints)

    @property
    def tiers(self) -> dict[int, list[str]]:
        """The addresses of the endpoints, sorted, by their priority."""
        found: dict[int, list[str]] = {}
        for endpoint in sorted(self.endpoints, key=lambda one: (one.priority, one.address)):
            found.setdefault(endpoint.priority, []).append(endpoint.address)
        return found


_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_WORKLOAD = ("metadata", "filterMetadata", "istio", "workload")
_TLS_MATCH = ("metadata", "filterMetadata", "envoy.transport_socket_match")


def cluster(message: Json, assignment: Json | None) -> Cluster:
    """The view of a Cluster; `assignment` is its ClusterLoadAssignment where endpoints come apart from it."""
    tiers = (assignment or message.get("loadAssignment") or {}).get("endpoints", ())
    explicit = message.get("typedExtensionProtocolOptions", {}).get(_OPTIONS, {}).get("explicitHttpConfig", {})
    return Cluster(
        name=message["name"],
        kind=message.get("type", "STATIC"),
        endpoints=tuple(_endpoint(one, tier, message) for tier in tiers for one in tier.get("lbEndpoints", ())),
        http2="http2ProtocolOptions" in explicit,
        outlier_detection=message.get("outlierDetection"),
        raw=message,
    )


def _endpoint(one: Json, tier: Json, message: Json) -> Endpoint:
    socket = one["endpoint"]["address"]["socketAddress"]
    where = tier.get("locality", {})
    return Endpoint(
        address=socket["address"],
        port=socket.get("portValue", 0),
        priority=tier.get("priority", 0),
        healthy=one.get("healthStatus", "HEALTHY") in ("HEALTHY", "UNKNOWN"),
        weight=one.get("loadBalancingWeight", 1),
        locality="/".join(where[part] for part in ("region", "zone", "subZone") if where.get(part)),
        workload=str(_inside(one, _WORKLOAD) or "").partition(";")[0],
        tls=_tls(_inside(one, _TLS_MATCH) or {}, message),
    )


def _tls(labels: Mapping[str, object], message: Json) -> Tls | None:
    """The first transport socket that matches the endpoint's labels, else the cluster's own."""
    for match in message.get("transportSocketMatches", ()):
        if match.get("match", {}).items() <= labels.items():
            return _tls_of(match["transportSocket"])
    return _tls_of(message.get("transportSocket", {}))


def _tls_of(transport: Json) -> Tls | None:
    context = transport.get("typedConfig", {})
    if not context.get("@type", "").endswith(".UpstreamTlsContext"):
        return None
    common = context.get("commonTlsContext", {})
    validation = common.get("combinedValidationContext", {}).get("defaultValidationContext", {})
    return Tls(
        sni=context.get("sni", ""),
        identities=tuple(sorted(name["exact"] for name in validation.get("matchSubjectAltNames", ()))),
        alpn=tuple(common.get("alpnProtocols", ())),
    )


def _inside(tree: Json, path: Sequence[str]) -> Json | None:
    for name in path:
        if name not in tree:
            return None
        tree = tree[name]
    return tree
