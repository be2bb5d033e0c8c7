"""TLS: how a client's proxy connects to a destination."""

from __future__ import annotations

from typing import Literal

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.plugin import Feature, HostSite, Patch
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.view import Role


class Tls(MeshModel):
    """The mode of the connection: the mesh's mutual TLS, plain TLS, or none."""

    mode: Literal["ISTIO_MUTUAL", "SIMPLE", "DISABLE"]


def _istio(tls: Tls, _site: HostSite) -> Patch:
    return {"tls": {"mode": tls.mode}}


FEATURE = Feature(
    name="tls",
    title="TLS mode",
    render={istio.TRAFFIC_POLICY: _istio, smh.TRAFFIC_POLICY: _istio},
    # between clusters the gateways pass mutual TLS through and nothing else
    roles=frozenset({Role.LOCAL}),
)
