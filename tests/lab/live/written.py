"""Policies written in a test, in the form of our own YAML kinds, become the objects to apply to a live mesh.

    written(snapshot, virtual_mesh("kind2", "kind3", strictMtls=True), access_policy("web", sources=[...]))

Keyword arguments are the fields of `spec`, spelled as in YAML.
"""

from __future__ import annotations

from tempfile import NamedTemporaryFile
from typing import Any

import yaml
from rendered import Objects, rendered

from meshhub_pulumi.model.snapshot import MeshSnapshot

Document = dict[str, Any]


def virtual_mesh(*clusters: str | dict[str, Any], **spec: Any) -> Document:
    """The mesh of these clusters; one that is more than a name is given as in YAML."""
    return document("VirtualMesh", "lab", clusters=list(clusters), **spec)


def access_policy(name: str, **spec: Any) -> Document:
    """Who may call some services."""
    return document("AccessPolicy", name, **spec)


def traffic_policy(name: str, **spec: Any) -> Document:
    """What happens to the requests to some services."""
    return document("TrafficPolicy", name, **spec)


def document(kind: str, name: str, **spec: Any) -> Document:
    """One document of our own kinds, in the namespace `default`."""
    return {
        "apiVersion": "meshhub.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    }


def written(snapshot: MeshSnapshot, *documents: Document) -> Objects:
    """What these documents become in this mesh; fails where something in them is wrong."""
    with NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump_all(documents, file)
        file.flush()
        return rendered(file.name, snapshot=snapshot)
