"""Connect timeout: how long a new connection to an endpoint may take, its TLS handshake included."""

from __future__ import annotations

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.model.plugin import Feature, HostSite, Patch


def _istio(limit: str, _site: HostSite) -> Patch:
    return {"connectionPool": {"tcp": {"connectTimeout": limit}}}


FEATURE = Feature(name="connect_timeout", title="Connect timeout", render={istio.TRAFFIC_POLICY: _istio})
