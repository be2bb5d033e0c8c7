"""What reading gives: specs, the snapshot beneath them, and what was found wrong on the way."""

from __future__ import annotations

from dataclasses import dataclass

from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec


@dataclass(frozen=True, eq=False)
class Loaded:
    """Everything read from all inputs together."""

    specs: tuple[Spec, ...]
    snapshot: MeshSnapshot
    findings: tuple[Finding, ...]
