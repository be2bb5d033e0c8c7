"""Claims of hosts: for whom an object says something about a host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.rules.walk import at

Callers = frozenset[str] | None
"""The namespaces whose callers an object is known to hold for; None stands for all."""


def seen_by_the_same(one: Manifest, other: Manifest) -> bool:
    """Whether some namespace is known to see both objects."""
    return both(_exported(one), _exported(other)) != frozenset()


def both(one: Callers, other: Callers) -> Callers:
    """The callers that two objects hold for."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def followed_by(manifest: Manifest, home: str, root: str) -> Callers:
    """The callers that follow an object about a host whose Service or ServiceEntry is at home in a namespace.

    A caller looks for a DestinationRule in its own namespace, then in that of the host, then in the root namespace,
    wherever else one is exported to. One that selects workloads is never exported.
    """
    exported = _exported(manifest)
    if manifest.key.kind == "DestinationRule":
        own = frozenset({manifest.key.namespace})
        if at(manifest.body, "spec.workloadSelector") or manifest.key.namespace not in (home, root):
            return both(exported, own)
    return exported


def _exported(manifest: Manifest) -> Callers:
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
