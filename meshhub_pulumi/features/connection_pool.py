"""Connection pool: how many connections and requests a client's proxy has open to a host, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.plugin import Feature, HostSite, Patch, Whole
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.units import Duration, WholeNumber, milliseconds


def _whole_seconds(duration: str) -> str:
    if milliseconds(duration) % 1_000:
        raise ValueError(f"must be whole seconds (got {duration}): Istio drops what is less")
    return duration


Limit = Annotated[WholeNumber, Field(ge=1, le=2147483647)]
"""A number of at least 1: Istio takes 0 for no limit, and has no larger numbers."""

WholeSeconds = Annotated[Duration, AfterValidator(_whole_seconds)]
"""A length of time in whole seconds: Istio drops the rest."""


class TcpKeepalive(MeshModel):
    """How silent connections are probed; what is not said is up to the operating system.

    The first probe comes after `time` of silence, the next ones each `interval`; after `probes` without an answer the
    connection counts as lost.
    """

    probes: Limit | None = None
    time: WholeSeconds | None = None
    interval: WholeSeconds | None = None


class ConnectionPool(MeshModel):
    """What each calling proxy keeps to by itself, for all endpoints of the host together.

    `max_connections` bounds its connections. `max_pending_requests` may wait for one and `max_requests` be under way,
    what is more is answered with 503 at once; `max_retries` of these may be repetitions.
    `max_requests_per_connection` ends a connection after so many: 1 lets the requests to another cluster take turns
    among its pods, where otherwise a connection and all its requests stay with one. A connection without traffic is
    closed after `idle_timeout`, any after `max_connection_duration`. `connect_timeout` bounds a new one, its TLS
    handshake included (Istio's default is 10s).
    """

    max_connections: Limit | None = None
    max_pending_requests: Limit | None = None
    max_requests: Limit | None = None
    max_requests_per_connection: Limit | None = None
    max_retries: Limit | None = None
    idle_timeout: Duration | None = None
    max_connection_duration: Duration | None = None
    connect_timeout: Duration | None = None
    tcp_keepalive: TcpKeepalive | None = None


_TCP = {
    "max_connections": "maxConnections",
    "connect_timeout": "connectTimeout",
    # Envoy's pools for requests take this one too, where HTTP has none of its own
    "idle_timeout": "idleTimeout",
    "max_connection_duration": "maxConnectionDuration",
    "tcp_keepalive": "tcpKeepalive",
}
_HTTP = {
    "max_pending_requests": "http1MaxPendingRequests",
    "max_requests": "http2MaxRequests",
    "max_requests_per_connection": "maxRequestsPerConnection",
    "max_retries": "maxRetries",
}
"""Istio's names, in two groups."""


def _check(pool: ConnectionPool, site: HostSite, owner: Owner) -> Iterator[Finding]:
    if not pool.model_dump(exclude_none=True):
        yield finding("MH112", "no setting is given", owner)
    assert site.host.serves is not None
    service = site.view.service(site.host.serves)
    if site.view.dialect_of[site.cluster].route_ports(service):
        return
    for name in _HTTP:
        if getattr(pool, name) is not None:
            message = f"it is about requests, and {service.key} has no HTTP port"
            advice = "Leave it out, or name the service's port after its protocol."
            yield finding("MH119", message, owner.at(f"{owner.path}.{name}"), advice=advice)


def _istio(pool: ConnectionPool, _site: HostSite) -> Patch | None:
    given = pool.model_dump(exclude_none=True)
    parts = {
        part: {theirs: _leaf(given[ours]) for ours, theirs in names.items() if ours in given}
        for part, names in (("tcp", _TCP), ("http", _HTTP))
    }
    return {"connectionPool": {part: values for part, values in parts.items() if values}} if given else None


def _leaf(value: Any) -> Any:
    return Whole(value) if isinstance(value, dict) else value


FEATURE = Feature(
    name="connection_pool",
    title="Connection settings",
    render={istio.TRAFFIC_POLICY: _istio},
    check=_check,
)
