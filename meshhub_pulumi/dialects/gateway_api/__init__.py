"""Istio with sidecars, whose routes are written as HTTPRoutes of the Gateway API.

Whatever Gateway API has no form for (hosts, connections, gateways, access) stays an object of Istio's own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from meshhub_pulumi.dialects.gateway_api import hooks
from meshhub_pulumi.dialects.gateway_api.route import http_route, unsayable
from meshhub_pulumi.dialects.istio import ISTIO, whole
from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.istio.releases import RELEASES
from meshhub_pulumi.model.manifest import ManifestKey
from meshhub_pulumi.model.plugin import Dialect, Tree


def _assemble(key: ManifestKey, tree: Tree) -> dict[str, Any]:
    return whole(key, http_route(tree)) if key.kind == hooks.KIND else ISTIO.assemble(key, tree)


GATEWAY_API = Dialect(
    name="gateway-api",
    title="Istio with Gateway API routes",
    hooks=(hooks.HTTP_ROUTE, hooks.FAILOVER_ROUTE, *(hook for hook in ISTIO.hooks if hook is not istio.HTTP_ROUTE)),
    assemble=_assemble,
    order=ISTIO.order,
    route_ports=ISTIO.route_ports,
    unsayable=unsayable,
    releases=replace(RELEASES, complete=False),  # of routes nobody compared what releases make of them
)
