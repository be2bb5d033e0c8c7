"""Connect timeout: how long a new connection to an endpoint may take, its TLS handshake included."""

from __future__ import annotations

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.model.plugin import Feature, HostSite, Patch


def connecting(limit: str) -> Patch:
    """The patch of a DestinationRule's traffic policy."""
    return {"connectionPool": {"tcp": {"connectTimeout": limit}}}


def _istio(limit: str, _site: HostSite) -> Patch:
    return connecting(limit)


FEATURE = Feature(name="connect_timeout", title="Connect timeout", render={istio.TRAFFIC_POLICY: _istio})
