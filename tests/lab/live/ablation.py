"""Leaving parts out of the objects that a policy became, to see what breaks.

changed(objects, without(("kind3", "Gateway", "istio-ingressgateway-istio-system")))
changed(objects, where(("kind2", "ServiceEntry", host), lambda entry: entry["spec"].pop("addresses")))
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from rendered import Objects

from lab.mesh.running import LiveMesh
from lab.reset import key

NETWORKING = "networking.istio.io/v1"
KINDS = ("DestinationRule", "Gateway", "ServiceEntry", "VirtualService")

Part = tuple[str, str, str]
"""Which object: cluster, kind, name."""
Change = Callable[[Objects], None]
"""Alters a copy of the objects in place."""


def without(part: Part) -> Change:
    """The object is missing."""

    def change(objects: Objects) -> None:
        objects[part[0]].remove(_find(objects, part))

    return change


def where(part: Part, alter: Callable[[dict[str, Any]], Any]) -> Change:
    """The object is another one."""

    def change(objects: Objects) -> None:
        alter(_find(objects, part))

    return change


def moved(part: Part, namespace: str) -> Change:
    """The object is in another namespace, and visible everywhere."""

    def alter(found: dict[str, Any]) -> None:
        found["metadata"]["namespace"] = namespace
        found["spec"]["exportTo"] = ["*"]

    return where(part, alter)


def every(*changes: Change) -> Change:
    """All of them at once."""

    def change(objects: Objects) -> None:
        for each in changes:
            each(objects)

    return change


def _find(objects: Objects, part: Part) -> dict[str, Any]:
    cluster, *wanted = part
    (found,) = (o for o in objects[cluster] if [o["kind"], o["metadata"]["name"]] == wanted)
    return found


def dropping(*path: str) -> Callable[[dict[str, Any]], None]:
    """For `where`: the object lacks what is at this path."""

    def alter(found: dict[str, Any]) -> None:
        *parents, last = path
        for name in parents:
            found = found[name]
        del found[last]

    return alter


def changed(objects: Objects, change: Change) -> Objects:
    """The objects with the change; they themselves stay as they are."""
    altered = copy.deepcopy(objects)
    change(altered)
    assert altered != objects, "nothing was changed"
    return altered


def replace(live: LiveMesh, objects: Objects) -> None:
    """Make these the objects of the mesh, and no others of their kinds."""
    for name, wanted in objects.items():
        api = live[name].api
        api.apply(wanted)
        keep = {key(o) for o in wanted}
        for kind in KINDS:
            for found in api.list(NETWORKING, kind):
                if key(found) not in keep:
                    api.delete(NETWORKING, kind, found["metadata"]["name"], found["metadata"]["namespace"])
    live.settle()
