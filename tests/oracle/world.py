"""A mesh in real control planes: what its snapshot says is there, and what we render for it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import yaml

from lab import Lab, xds
from lab.mesh import objects
from lab.mesh.plan import ClusterPlan, plan
from meshhub_pulumi.model.finding import Level
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.report.yaml_text import print_manifest
from meshhub_pulumi.standard import compile_standard

GATEWAY = "istio-eastwestgateway"
DOOR = 15443

Manifest = dict[str, Any]
Manifests = dict[tuple[str, str, str], Manifest]
"""Rendered objects by cluster, kind, and `namespace/name`."""
Edit = Callable[[Manifests], object]
"""Changes rendered objects in place."""


def compiled(snapshot: MeshSnapshot, *specs: Spec, dialect: str | None = None) -> Manifests:
    """What we render, by default as the specs say; there must be no errors."""
    made = compile_standard(specs, snapshot, dialect)
    assert [] == [x.sentence() for x in made.findings if x.level is Level.ERROR]
    return {
        (key.cluster, key.kind, f"{key.namespace}/{key.name}"): yaml.safe_load(print_manifest(manifest.body))
        for key, manifest in made.manifests.items()
    }


class World:
    """Running clusters that hold one mesh at a time."""

    def __init__(self, clusters: Lab) -> None:
        self.clusters = clusters
        self._held: dict[str, list[Manifest]] = {name: [] for name in clusters}

    def hold(
        self,
        snapshot: MeshSnapshot,
        *specs: Spec,
        edit: Edit | None = None,
        headless: Collection[str] = (),
        dialect: str | None = None,
    ) -> None:
        """Put a mesh into the clusters, with its objects as `edit` leaves them; returns when istiod serves it.

        Clusters of the mesh that do not run exist for the others only. Services that are `headless` have no address.
        """
        manifests = compiled(snapshot, *specs, dialect=dialect)
        if edit:
            edit(manifests)
        planned = plan(snapshot, "")

        def fill(name: str) -> None:
            rendered = [manifest for (cluster, _, _), manifest in manifests.items() if cluster == name]
            self._held[name] += [*population(planned.clusters[name], headless), *rendered]
            self.clusters[name].api.apply(self._held[name])

        with ThreadPoolExecutor() as pool:
            list(pool.map(fill, self.clusters.keys() & planned.clusters.keys()))
        xds.settle(*self.clusters.values())

    def client(self, cluster: str = "kind2", **metadata: str) -> xds.ProxyView:
        """The proxy of the client of a cluster."""
        return xds.proxy(self.clusters[cluster], "client", metadata=metadata)

    def pod(self, name: str, cluster: str = "kind3") -> xds.ProxyView:
        """The proxy of a pod that is called."""
        return xds.proxy(self.clusters[cluster], name)

    def gateway(self, cluster: str = "kind3", pod: str = GATEWAY) -> xds.ProxyView:
        """The proxy that is the east-west gateway of a cluster."""
        return xds.proxy(self.clusters[cluster], pod, namespace="istio-system", kind="router")

    def clear(self) -> None:
        """Take out what it holds, but for what every mesh has: namespaces, nodes and accounts.

        That is quicker than to reset the clusters, which looks for things of every kind again and again.
        """
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._empty, self.clusters))

    def _empty(self, name: str) -> None:
        while self._held[name]:
            found = self._held[name].pop()
            if found["kind"] not in ("Namespace", "Node", "ServiceAccount"):
                metadata = found["metadata"]
                api = self.clusters[name].api
                api.delete(found["apiVersion"], found["kind"], metadata["name"], metadata.get("namespace", "default"))


def population(cluster: ClusterPlan, headless: Collection[str] = ()) -> list[Manifest]:
    """Node, namespaces, accounts, services and ready pods of a cluster, and the Istio objects it has already."""
    found = [*objects.manifests(cluster), *(objects.pod(one, ready=True) for one in cluster.pods), *cluster.objects]
    for manifest in found:
        if manifest["kind"] == "Service" and manifest["metadata"]["name"] in headless:
            manifest["spec"]["clusterIP"] = "None"
    return found
