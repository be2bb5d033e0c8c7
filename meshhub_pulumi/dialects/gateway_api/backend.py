"""Backends: what a route sends to, as Istio reads it from the Gateway API."""

from __future__ import annotations

from typing import Any

from meshhub_pulumi.dialects.istio.groups import NETWORKING
from meshhub_pulumi.model.view import Host, Role


def backend(host: Host, port: int) -> dict[str, Any]:
    """A Service of the cluster by its name, every other host by Istio's kind for names that ServiceEntries make."""
    if host.role is Role.LOCAL:
        return {"kind": "Service", "name": host.object_name, "namespace": host.namespace, "port": port}
    return {"group": NETWORKING, "kind": "Hostname", "name": host.name, "port": port}
