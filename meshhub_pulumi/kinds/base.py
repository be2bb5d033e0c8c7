"""What all kinds share."""

from __future__ import annotations

from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.units import DnsLabel


class KindArgs(MeshModel):
    """Base of a kind's arguments. `namespace` scopes the object's name; in YAML it stands in the metadata."""

    namespace: DnsLabel = "default"
