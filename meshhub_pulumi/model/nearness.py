"""Nearness: how far a cluster is from callers in another, by the localities of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from meshhub_pulumi.model.fleet import FleetCluster
from meshhub_pulumi.model.schema import Many, MeshModel

Region = Annotated[str, Field(min_length=1)]
"""The region of a cluster's locality."""


class NextRegions(MeshModel):
    """Where requests from callers in `region` go when nothing answers there: `to` these regions, in this order."""

    region: Region
    to: Annotated[Many[Region], Field(min_length=1)]

    @field_validator("to")
    @classmethod
    def _other_regions(cls, to: Sequence[str], so_far: ValidationInfo) -> Sequence[str]:
        if so_far.data.get("region") in to:
            raise ValueError(f"{so_far.data['region']} is the region itself, which comes first in any case")
        seen: set[str] = set()
        for region in to:
            if region in seen:
                raise ValueError(f"{region} is named twice")
            seen.add(region)
        return to


def distance(caller: FleetCluster, server: FleetCluster, next_regions: Sequence[str]) -> tuple[int, int]:
    """How far a cluster is from callers in another, to sort by.

    The callers' own cluster is the nearest. Clusters follow by how much of the callers' locality they share: down to
    the subzone, the zone, or the region. Then come the next regions, in their order, then all the rest.
    """
    if server.name == caller.name:
        return 0, 0
    shared = caller.locality.shared(server.locality)
    if shared:
        return 4 - shared, 0
    region = server.locality.region
    return 4, next_regions.index(region) if region in next_regions else len(next_regions)
