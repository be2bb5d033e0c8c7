"""Strict mTLS: a cluster's workloads accept nothing but the mesh's mutual TLS."""

from __future__ import annotations

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.model.plugin import Feature, MemberSite, Patch


def _istio(_value: None, _site: MemberSite) -> Patch:
    return {"mtls": {"mode": "STRICT"}}


FEATURE = Feature(name="strict_mtls", title="Strict mTLS", render={istio.PEER_AUTHENTICATION: _istio})
