"""Which mesh a program is describing at the moment, and who wants to know what it describes."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec

if TYPE_CHECKING:
    from meshhub_pulumi.components.virtual_mesh import VirtualMesh

open_mesh: ContextVar[VirtualMesh | None] = ContextVar("open_mesh", default=None)
"""The innermost `with VirtualMesh(...)` that has not been left."""


@dataclass(frozen=True, eq=False)
class Described:
    """A mesh as a program described it: what would be compiled."""

    specs: tuple[Spec, ...]
    snapshot: MeshSnapshot


listener: ContextVar[Callable[[Described], None] | None] = ContextVar("listener", default=None)
"""Set by whoever reads a program instead of deploying it: takes each mesh, which is then not compiled here."""
