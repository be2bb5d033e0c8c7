"""What all kinds share."""

from __future__ import annotations

from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.units import DnsLabel, Hostname


class KindArgs(MeshModel):
    """Base of a kind's arguments. `namespace` scopes the object's name; in YAML both stand in the metadata.

    `name` is for programs whose resource needs another name than its object: Pulumi takes a name once, also where
    namespaces differ.
    """

    name: Hostname | None = None
    namespace: DnsLabel = "default"
