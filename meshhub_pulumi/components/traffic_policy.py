"""The component of a TrafficPolicy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from meshhub_pulumi.components._policy import Policy
from meshhub_pulumi.components.virtual_mesh import VirtualMesh
from meshhub_pulumi.kinds.traffic_policy import TrafficPolicyArgs


class TrafficPolicy(Policy):
    """What happens to the requests to some destinations, wherever they are called.

    It belongs to the mesh of the `with` block around it, or to `mesh`. Raises `ArgsError` with every fault of
    its arguments; what is wrong with it beside others comes when the mesh is closed.
    """

    kind = "TrafficPolicy"
    args_type = TrafficPolicyArgs

    def __init__(
        self,
        name: str,
        args: TrafficPolicyArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        mesh: VirtualMesh | None = None,
    ) -> None:
        self._register(name, args, opts, mesh)
