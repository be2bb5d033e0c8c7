"""Our own kinds in YAML: the same models under `apiVersion: meshhub.dev/v1alpha1`, fields in camelCase.

A spec's name and namespace stand in its metadata; what only a program can give (a provider, a snapshot, policies
inside a mesh) is unknown here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.error import Problem
from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.snapshot import SNAPSHOT, ClusterSnapshot, MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.readers.document import Document
from meshhub_pulumi.readers.fault import problems
from meshhub_pulumi.readers.header import check_keys, read_metadata, title_of
from meshhub_pulumi.readers.place import Place, below, own_spelling

_METADATA = frozenset({"name", "namespace"})
_PROGRAM_ONLY = _METADATA | {"snapshot", "policies"}


def read_spec(document: Document) -> tuple[Spec | None, list[Finding]]:
    """The spec of a document of one of our kinds; None where it does not fit its model."""
    place, kind = Place(title_of(document), document), document.value["kind"]
    metadata, unnamed = read_metadata(place)
    args, faults = _validated(KINDS[kind].args, document.value.get("spec"))
    wrong = [place.found("MH100", below("spec", x.path), x.reason) for x in faults]
    findings = [*check_keys(place, "spec"), *unnamed, *wrong]
    if args is None or metadata is None:
        return None, findings
    placed = args.model_copy(update={"namespace": metadata.namespace})
    return Spec(kind, metadata.name, metadata.namespace, placed, place.origin(own_spelling("spec"))), findings


def _validated(model: type[MeshModel], given: Any) -> tuple[MeshModel | None, list[Problem]]:
    faults = list(_program_only(given)) if isinstance(given, Mapping) else []
    try:
        args = model.model_validate({} if given is None else given, by_alias=True, by_name=False)
    except ValidationError as error:
        refused = {x.path for x in faults}
        return None, [*faults, *(x for x in problems(error, model) if x.path not in refused)]
    return (None if faults else args), faults


def _program_only(spec: Mapping[str, Any]) -> Iterator[Problem]:
    for name in sorted(_PROGRAM_ONLY & spec.keys()):
        where = "; it stands in the metadata" if name in _METADATA else "; only programs give it"
        yield Problem(name, f"unknown field{where}")
    clusters = spec.get("clusters")
    for index, cluster in enumerate(clusters if isinstance(clusters, list) else ()):
        if isinstance(cluster, Mapping) and "provider" in cluster:
            yield Problem(f"clusters[{index}].provider", "unknown field; only programs give it")


def read_clusters(document: Document) -> tuple[dict[str, ClusterSnapshot], Place, list[Finding]]:
    """The clusters of a MeshSnapshot document; `clusters` stands at its top, or below `spec`."""
    place, value = Place(SNAPSHOT, document), document.value
    below_spec = "spec" in value and "clusters" not in value
    findings = list(check_keys(place, "spec" if below_spec else "clusters"))
    given = value["spec"] if below_spec else {"clusters": value["clusters"]} if "clusters" in value else {}
    prefix = "spec" if below_spec else ""
    if isinstance(given, Mapping) and given.get("clusters") is None:
        return {}, place, [*findings, place.found("MH100", below(prefix, "clusters"), "required, but missing")]
    try:
        snapshot = MeshSnapshot.model_validate(given, by_alias=True, by_name=False)
    except ValidationError as error:
        faults = problems(error, MeshSnapshot)
        return {}, place, [*findings, *(place.found("MH100", below(prefix, x.path), x.reason) for x in faults)]
    return dict(snapshot.clusters), place, findings
