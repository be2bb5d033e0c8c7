"""The kinds of both groups: which of our kinds each is, and the table it is read by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.readers.document import Document
from meshhub_pulumi.readers.header import check_keys, read_metadata, title_of
from meshhub_pulumi.readers.place import Place, Spelling
from meshhub_pulumi.readers.smh.access_policy import ACCESS_POLICY
from meshhub_pulumi.readers.smh.failover_service import FAILOVER_SERVICE, VIRTUAL_DESTINATION
from meshhub_pulumi.readers.smh.reference import Meshes
from meshhub_pulumi.readers.smh.table import Rows, check_one, fill
from meshhub_pulumi.readers.smh.traffic_policy import TRAFFIC_POLICY
from meshhub_pulumi.readers.smh.translation import At, Translation
from meshhub_pulumi.readers.smh.validate import validate
from meshhub_pulumi.readers.smh.virtual_mesh import GLOO_VIRTUAL_MESH, VIRTUAL_MESH


@dataclass(frozen=True, eq=False, slots=True)
class Foreign:
    """A foreign kind: the kind of ours that it becomes, and its table; of each group in `one_of` it has one field."""

    kind: str
    rows: Rows
    one_of: Sequence[Sequence[str]] = ()


_SMH = {
    "AccessPolicy": Foreign("AccessPolicy", ACCESS_POLICY),
    "FailoverService": Foreign("FailoverService", FAILOVER_SERVICE),
    "TrafficPolicy": Foreign("TrafficPolicy", TRAFFIC_POLICY),
    "VirtualMesh": Foreign("VirtualMesh", VIRTUAL_MESH),
}
_GLOO = {
    "AccessPolicy": _SMH["AccessPolicy"],
    "TrafficPolicy": _SMH["TrafficPolicy"],
    "VirtualMesh": Foreign("VirtualMesh", GLOO_VIRTUAL_MESH),
}
_ONE_OF = (("virtualMesh", "meshList"), ("static", "localized"))
_VIRTUAL_DESTINATION = {"VirtualDestination": Foreign("FailoverService", VIRTUAL_DESTINATION, _ONE_OF)}

_GROUPS: Mapping[str, Mapping[str, Foreign]] = {
    "networking.smh.solo.io/v1alpha2": _SMH,
    "networking.solo.io/v1alpha2": _SMH,  # as slides and articles of the time spell it
    "networking.mesh.gloo.solo.io/v1alpha2": _SMH,
    "networking.mesh.gloo.solo.io/v1": _GLOO,
    "networking.enterprise.mesh.gloo.solo.io/v1alpha1": _VIRTUAL_DESTINATION,
    "networking.enterprise.mesh.gloo.solo.io/v1beta1": _VIRTUAL_DESTINATION,
}

FOREIGN: Mapping[tuple[str, str], Foreign] = {
    (api, kind): foreign for api, kinds in _GROUPS.items() for kind, foreign in kinds.items()
}
"""Every kind that is read, by apiVersion and kind."""


def read_foreign(
    document: Document, foreign: Foreign, meshes: Meshes, virtual_meshes: Collection[tuple[str, str]]
) -> tuple[Spec | None, list[Finding]]:
    """The spec that a foreign document means; None where it cannot be told."""
    place, kind = Place(title_of(document), document), KINDS[foreign.kind]
    metadata, findings = read_metadata(place)
    findings += check_keys(place, "spec")
    out = Translation(meshes, virtual_meshes)
    given = document.value.get("spec")
    fill(foreign.rows, {} if given is None else given, out.fields, At("", "spec"), out)
    for names in foreign.one_of:
        check_one(given or {}, names, "spec", out)
    args, wrong = validate(kind.args, out, place)
    if args is None or metadata is None or any(fault.code in _FATAL for fault in out.faults):
        return None, findings + wrong
    placed = args.model_copy(update={"namespace": metadata.namespace})
    spec = Spec(kind.name, metadata.name, metadata.namespace, placed, place.origin(Spelling(out.spelled)))
    return spec, findings + wrong


_FATAL = frozenset({"MH100", "MH101"})
"""The faults that leave open what is meant; with any other the rest of the document still holds."""
