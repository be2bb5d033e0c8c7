"""Everything a user can ask for: one file each, and this sorted list."""

from __future__ import annotations

from collections.abc import Mapping

from meshhub_pulumi.kinds import access_policy, failover_service, traffic_policy, virtual_mesh
from meshhub_pulumi.model.plugin import Kind

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (access_policy.KIND, failover_service.KIND, traffic_policy.KIND, virtual_mesh.KIND)
}
