"""The lists that the library ships with, handed to the engine: the one place where all slices meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from meshhub_pulumi.dialects.gateway_api import GATEWAY_API
from meshhub_pulumi.dialects.istio import ISTIO
from meshhub_pulumi.dialects.smh_0_8 import SMH_0_8
from meshhub_pulumi.engine.compile import Catalogue, Compiled, compile
from meshhub_pulumi.features import FEATURES
from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.kinds.virtual_mesh import VirtualMeshArgs, implied_mesh
from meshhub_pulumi.model.plugin import Dialect
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.rules import MANIFEST_RULES, RULES

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (ISTIO, GATEWAY_API, SMH_0_8)}
"""The output languages by name, the one of clusters that name none first."""

CATALOGUE = Catalogue(
    kinds=KINDS, features=FEATURES, rules=RULES, manifest_rules=MANIFEST_RULES, implied_mesh=implied_mesh
)


def compile_standard(
    specs: Sequence[Spec], snapshot: MeshSnapshot, dialect: str | None = None, *, before: Compiled | None = None
) -> Compiled:
    """Compile with everything the library has; `dialect` overrides what the specs say, for all clusters.

    Whoever compiles again after a change hands in the result `before` it: the same comes out, sooner.
    """
    whole = dialect or compat_of(specs)
    return compile(specs, snapshot, lambda cluster: DIALECTS[whole or cluster.dialect or ISTIO.name], CATALOGUE, before)


def compat_of(specs: Sequence[Spec]) -> str | None:
    """The compatibility that a VirtualMesh among the specs asks for."""
    asked = (spec.args.compat for spec in specs if isinstance(spec.args, VirtualMeshArgs))
    return next((compat for compat in asked if compat), None)
