"""The component of a FailoverService."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from meshhub_pulumi.components._policy import Policy
from meshhub_pulumi.components.virtual_mesh import VirtualMesh
from meshhub_pulumi.kinds.failover_service import FailoverServiceArgs


class FailoverService(Policy):
    """One host name for an ordered list of services; the first that works answers.

    It belongs to the mesh of the `with` block around it, or to `mesh`. Raises `ArgsError` with every fault of
    its arguments; what is wrong with it beside others comes when the mesh is closed.
    """

    kind = "FailoverService"
    args_type = FailoverServiceArgs

    def __init__(
        self,
        name: str,
        args: FailoverServiceArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        mesh: VirtualMesh | None = None,
    ) -> None:
        self._register(name, args, opts, mesh)
