"""A mesh in real control planes: what its snapshot says is there, and what we render for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import yaml

from lab import Lab, xds
from lab.api import Api
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
    """Running clusters that hold one mesh at a time.

    From one to the next they change as in a deployment: what is the same in both stays, which is most of it within a
    file. Only where something else is there than before (services, pods) all is made anew.
    """

    def __init__(self, clusters: Lab) -> None:
        self.clusters = clusters
        self._there: dict[str, list[Manifest]] = {name: [] for name in clusters}
        self._rendered: dict[str, list[Manifest]] = {name: [] for name in clusters}
        self._changed: set[str] = set()

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
            there = population(planned.clusters[name], headless) if name in planned.clusters else []
            rendered = [manifest for (cluster, _, _), manifest in manifests.items() if cluster == name]
            if there != self._there[name] or name in self._changed:
                self._changed.add(name)  # until all of it is there
                self._take_out(name, self._rendered[name])
                self._take_out(name, self._there[name])
                self._put(name, there, self._there[name])
                self._changed.discard(name)
            self._take_out(name, self._rendered[name], but=rendered)
            self._put(name, rendered, self._rendered[name])

        with ThreadPoolExecutor() as pool:
            list(pool.map(fill, self.clusters))
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

    def change(self, cluster: str) -> Api:
        """The API server of a cluster, for a test that changes it itself: for the next mesh all is made anew."""
        self._changed.add(cluster)
        return self.clusters[cluster].api

    def clear(self) -> None:
        """Take out what was rendered."""
        for name in self.clusters:
            self._take_out(name, self._rendered[name])

    def _put(self, cluster: str, manifests: Sequence[Manifest], held: list[Manifest]) -> None:
        missing = [manifest for manifest in manifests if manifest not in held]
        held += missing  # first: a part may be there where it fails
        self.clusters[cluster].api.apply(missing)

    def _take_out(self, cluster: str, held: list[Manifest], *, but: Sequence[Manifest] = ()) -> None:
        """Delete what is held; namespaces, nodes and accounts stay, for every mesh has them."""
        for found in [manifest for manifest in reversed(held) if manifest not in but]:
            if found["kind"] not in ("Namespace", "Node", "ServiceAccount"):
                metadata = found["metadata"]
                api = self.clusters[cluster].api
                api.delete(found["apiVersion"], found["kind"], metadata["name"], metadata.get("namespace", "default"))
            held.remove(found)


def population(cluster: ClusterPlan, headless: Collection[str] = ()) -> list[Manifest]:
    """Node, namespaces, accounts, services and ready pods of a cluster, and the Istio objects it has already."""
    found = [*objects.manifests(cluster), *(objects.pod(one, ready=True) for one in cluster.pods), *cluster.objects]
    for manifest in found:
        if manifest["kind"] == "Service" and manifest["metadata"]["name"] in headless:
            manifest["spec"]["clusterIP"] = "None"
    return found
