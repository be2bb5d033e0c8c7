"""Own YAML: specs and a snapshot become documents of our own kinds, which read as the same specs and snapshot.

A comment on each document says where the spec was written before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from meshhub_pulumi.model.manifest import ManifestKey
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.snapshot import SNAPSHOT, MeshSnapshot
from meshhub_pulumi.model.spec import API, Spec
from meshhub_pulumi.model.topology import Cluster
from meshhub_pulumi.report.asked import asked, asked_args
from meshhub_pulumi.report.text import visible
from meshhub_pulumi.report.tree import file_names
from meshhub_pulumi.report.yaml_text import print_manifest

SNAPSHOT_FILE = "snapshot.yaml"


def print_own(specs: Sequence[Spec], snapshot: MeshSnapshot) -> str:
    """Everything as one stream, the specs in the order in which they were written."""
    documents = [print_snapshot(snapshot)] if snapshot.clusters else []
    documents += [print_spec(spec) for spec in sorted(specs, key=as_written)]
    return "".join(f"---\n{document}" for document in documents)


def own_files(specs: Sequence[Spec], snapshot: MeshSnapshot) -> dict[str, bytes]:
    """A file for each spec, `<kind>-<namespace>-<name>.yaml`, and one for the snapshot."""
    keys = {spec.key: ManifestKey("", API, spec.kind, spec.namespace, spec.name) for spec in specs}
    names = file_names(keys.values())
    files = {names[keys[spec.key]]: print_spec(spec).encode() for spec in specs}
    return {**files, **snapshot_file(snapshot)}


def snapshot_file(snapshot: MeshSnapshot) -> dict[str, bytes]:
    """The snapshot's file, if there is anything to write in it."""
    return {SNAPSHOT_FILE: print_snapshot(snapshot).encode()} if snapshot.clusters else {}


def print_snapshot(snapshot: MeshSnapshot) -> str:
    """The MeshSnapshot document."""
    clusters = {name: _plain(cluster) for name, cluster in sorted(snapshot.clusters.items())}
    return print_manifest({"apiVersion": API, "kind": SNAPSHOT, "clusters": clusters})


def print_spec(spec: Spec) -> str:
    """The document of one spec."""
    metadata = {"name": spec.name, **({} if spec.namespace == "default" else {"namespace": spec.namespace})}
    fields = _fields(spec.args, asked_args(spec.args))
    body = {"apiVersion": API, "kind": spec.kind, "metadata": metadata, "spec": fields}
    return f"{origin_comment(spec)}{print_manifest(body)}"


def as_written(spec: Spec) -> tuple[str, int, tuple[str, str, str]]:
    """Sorts specs by file and line; those of one line, as a loop makes them, by kind, namespace and name."""
    return (spec.origin.file or "", spec.origin.line_of("") or 0, spec.key)


def origin_comment(spec: Spec) -> str:
    """The line that says where a spec was written; nothing, if nobody knows."""
    origin = spec.origin
    return f"# from {visible(origin.file)}:{origin.line_of('') or 1}\n" if origin.file else ""


def _plain(value: Any) -> Any:
    match value:
        case Cluster() if asked(value).keys() == {"name"}:
            return value.name
        case MeshModel():
            return _fields(value, asked(value))
        case Mapping():
            return {name: _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def _fields(model: MeshModel, given: Mapping[str, Any]) -> dict[str, Any]:
    spelled = type(model).model_fields
    return {spelled[name].alias or name: _plain(value) for name, value in given.items()}
