"""Timeout: how long a client waits for the whole response."""

from __future__ import annotations

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.plugin import Feature, Patch, RouteSite


def _istio(timeout: str, _site: RouteSite) -> Patch:
    return {"timeout": timeout}


FEATURE = Feature(name="timeout", title="Timeout", render={istio.HTTP_ROUTE: _istio, smh.HTTP_ROUTE: _istio})
