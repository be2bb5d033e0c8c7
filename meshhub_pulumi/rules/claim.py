"""Claims of hosts: for whom an object says something about a host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.rules.walk import at


def seen_by_the_same(one: Manifest, other: Manifest) -> bool:
    """Whether some namespace is known to see both objects."""
    here, there = _exported(one), _exported(other)
    if here is None or there is None:
        return here != frozenset() != there
    return bool(here & there)


def _exported(manifest: Manifest) -> frozenset[str] | None:
    """The namespaces that are known to see an object; None stands for all."""
    names: Any = at(manifest.body, "spec.exportTo")
    if is_late(names):
        return frozenset()
    if not isinstance(names, list | tuple) or not names or "*" in names:
        return None
    known = [name for name in names if name != "~" and not is_late(name)]
    return frozenset(manifest.key.namespace if name == "." else str(name) for name in known)


def for_sidecars(body: Mapping[str, Any]) -> bool:
    """Whether a VirtualService is known to hold for the callers within the mesh, and not for gateways only."""
    gateways: Any = at(body, "spec.gateways")
    return not gateways or (isinstance(gateways, list | tuple) and "mesh" in gateways)
