"""Documents of Service Mesh Hub and Gloo Mesh for the tests of their readers, and what is found in them."""

from __future__ import annotations

NAMESPACE = "service-mesh-hub"
GLOO = "networking.mesh.gloo.solo.io/v1"
ENTERPRISE = "networking.enterprise.mesh.gloo.solo.io/v1beta1"


def document(kind: str, spec: str, api: str = "networking.smh.solo.io/v1alpha2") -> str:
    """A document of a kind; its spec starts on line 4."""
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: x, namespace: {NAMESPACE}}}\n{spec}"


def told(loaded):
    """Code, path and line of every finding."""
    return [(x.code, x.where.path, x.where.line) for x in loaded.findings]
