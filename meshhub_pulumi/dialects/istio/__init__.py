"""Istio with sidecars, as it is today (1.28 and later)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from meshhub_pulumi.dialects.istio import hooks
from meshhub_pulumi.dialects.istio.groups import registered_versions
from meshhub_pulumi.dialects.istio.objects import SPECS, has_no_address
from meshhub_pulumi.dialects.istio.order import make_before_break
from meshhub_pulumi.dialects.istio.releases import RELEASES
from meshhub_pulumi.model.fleet import FleetService
from meshhub_pulumi.model.manifest import ManifestKey
from meshhub_pulumi.model.plugin import Dialect, Tree

LABELS = {"app.kubernetes.io/managed-by": "meshhub"}
_NO_ADDRESS = {"networking.istio.io/enable-autoallocate-ip": "false"}


def _routable_ports(service: FleetService) -> tuple[int | None, ...]:
    """The ports whose requests a sidecar can see."""
    return tuple(port.number for port in service.ports if port.has_requests)


def whole(
    key: ManifestKey, spec: Mapping[str, Any], labels: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """An object of that key; `labels` stand beside those of all our objects."""
    version = registered_versions(key.kind)[0]
    return {
        "apiVersion": f"{key.group}/{version}",
        "kind": key.kind,
        "metadata": {"name": key.name, "namespace": key.namespace, "labels": {**LABELS, **labels}},
        "spec": spec,
    }


def _assemble(key: ManifestKey, tree: Tree) -> dict[str, Any]:
    labels = _NO_ADDRESS if key.kind == "ServiceEntry" and has_no_address(tree) else {}
    return whole(key, SPECS[key.kind](tree), labels)


ISTIO = Dialect(
    name="istio",
    title="Istio (sidecar)",
    hooks=(
        hooks.HTTP_ROUTE,
        hooks.TRAFFIC_POLICY,
        hooks.SUBSETS,
        hooks.SERVICE_ENTRY,
        hooks.REMOTE_TIERS,
        hooks.FAILOVER_FILTER,
        hooks.EAST_WEST_GATEWAY,
        hooks.AUTHORIZATION,
        hooks.GATEWAY_AUTHORIZATION,
        hooks.MEMBER_AUTHORIZATION,
        hooks.PEER_AUTHENTICATION,
    ),
    assemble=_assemble,
    order=make_before_break,
    route_ports=_routable_ports,
    releases=RELEASES,
)
