"""Foreign objects: what a cluster of the snapshot holds already and no mesh of ours wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from meshhub_pulumi.model.existing import by_hand, is_ours, key_of
from meshhub_pulumi.model.fleet import FleetCluster
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.view import View

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Meeting:
    """A cluster in which our objects come to others of some kind."""

    cluster: FleetCluster
    ours: tuple[Manifest, ...]
    theirs: tuple[Manifest, ...]


def meetings(view: View, manifests: Mapping[ManifestKey, Manifest], kind: str) -> Iterator[Meeting]:
    """Every cluster in which somebody else has objects of a kind; one of our name is told of by itself."""
    if not any(cluster.objects for cluster in view.fleet.clusters.values()):
        return
    ours: dict[str, list[Manifest]] = {}
    for key, manifest in manifests.items():
        ours.setdefault(key.cluster, []).append(manifest)
    for name, mine in ours.items():
        cluster, shown = view.cluster(name), mine[0].body
        theirs = tuple(
            by_hand(key, body)
            for body in cluster.objects
            if body.get("kind") == kind and (key := key_of(name, body)) not in manifests and not is_ours(body, shown)
        )
        if theirs:
            yield Meeting(cluster, tuple(mine), theirs)


def listed(names: list[str]) -> str:
    """Some names for a sentence."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
