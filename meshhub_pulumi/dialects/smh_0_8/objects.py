"""Whole objects as Service Mesh Hub 0.8 wrote them: beta versions, its own labels."""

from __future__ import annotations

from typing import Any

from meshhub_pulumi.dialects.istio.objects import SPECS
from meshhub_pulumi.dialects.smh_0_8.hooks import NAMESPACE
from meshhub_pulumi.model.manifest import ManifestKey
from meshhub_pulumi.model.plugin import Tree


def assemble(key: ManifestKey, tree: Tree) -> dict[str, Any]:
    """An object of the form that its controller applied."""
    version = "v1alpha3" if key.kind == "EnvoyFilter" else "v1beta1"
    labels = {"cluster.multicluster.solo.io": key.cluster, "owner.networking.smh.solo.io": NAMESPACE}
    return {
        "apiVersion": f"{key.group}/{version}",
        "kind": key.kind,
        "metadata": {"name": key.name, "namespace": key.namespace, "labels": labels},
        "spec": SPECS[key.kind](tree),
    }
