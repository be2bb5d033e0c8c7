"""Timeout: how long a client waits for the whole response."""

from __future__ import annotations

from meshhub_pulumi.dialects.gateway_api import hooks as gateway_api
from meshhub_pulumi.dialects.gateway_api.values import duration
from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.plugin import Feature, Patch, RouteSite


def _istio(timeout: str, _site: RouteSite) -> Patch:
    return {"timeout": timeout}


def _gateway_api(timeout: str, _site: RouteSite) -> Patch:
    return {"timeouts": {"request": duration(timeout)}}


FEATURE = Feature(
    name="timeout",
    title="Timeout",
    render={
        istio.HTTP_ROUTE: _istio,
        gateway_api.HTTP_ROUTE: _gateway_api,
        gateway_api.FAILOVER_ROUTE: _istio,
        smh.HTTP_ROUTE: _istio,
    },
)
