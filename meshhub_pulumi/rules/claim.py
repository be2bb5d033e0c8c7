"""Claims of hosts: for whom an object says something about a host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.rules.walk import at, texts


def seen_by_the_same(one: Manifest, other: Manifest) -> bool:
    """Whether some namespace may see both objects, as far as is known."""
    here, there = _exported(one), _exported(other)
    return here is None or there is None or bool(here & there)


def _exported(manifest: Manifest) -> frozenset[str] | None:
    """The namespaces that see an object; None stands for all, and for what is not known."""
    names: Any = at(manifest.body, "spec.exportTo")
    if not isinstance(names, list | tuple) or not names or "*" in names or any(map(is_late, names)):
        return None
    return frozenset(manifest.key.namespace if name == "." else str(name) for name in names if name != "~")


def for_sidecars(body: Mapping[str, Any]) -> bool:
    """Whether a VirtualService holds for the callers within the mesh, and not for gateways only."""
    gateways = [name for _, name in texts(body, "spec.gateways[]")]
    return "mesh" in gateways or not gateways
