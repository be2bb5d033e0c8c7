"""Real Kubernetes control planes with Istio on this machine, as plain processes: no root, no containers.

    with lab.embedded(["kind2", "kind3"]) as clusters:
        clusters["kind2"].api.apply(manifests)

or, from a shell, `python -m lab up kind2 kind3`. Names are loaded when they are first used: the guard process
(lab.guard) lives as long as the lab and needs only the standard library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.api import Api, ApiError, UnreachableError
    from lab.bring_up import attach, up
    from lab.embed import embedded
    from lab.errors import LabError
    from lab.running import Lab, RunningCluster
    from lab.take_down import down

_HOMES = {
    "Api": "lab.api",
    "ApiError": "lab.api",
    "Lab": "lab.running",
    "LabError": "lab.errors",
    "RunningCluster": "lab.running",
    "UnreachableError": "lab.api",
    "attach": "lab.bring_up",
    "down": "lab.take_down",
    "embedded": "lab.embed",
    "up": "lab.bring_up",
}

__all__ = [
    "Api",
    "ApiError",
    "Lab",
    "LabError",
    "RunningCluster",
    "UnreachableError",
    "attach",
    "down",
    "embedded",
    "up",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
