"""Starting one cluster: the order of its programs, and when each counts as ready.

etcd, kube-apiserver -> Istio's kinds -> controller manager
                                      -> istiod -> its webhook fails closed
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from lab import apiserver, controller_manager, crds, etcd, istiod, wait, webhook
from lab.api import Api, Manifest
from lab.cluster import Cluster
from lab.errors import LabError
from lab.process import Command, Process, spawn

STEPS = ("etcd", "api server", "CRDs", "controller manager", "istiod", "webhook fails closed")
"""What `Report` is told, in this order; the last two only with istiod."""

Report = Callable[[str, str, float], None]
"""Called with the cluster's name, the step that is done, and seconds since the cluster's start began."""


def silent(cluster: str, step: str, seconds: float) -> None:
    """A Report that tells nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """What the starts of several clusters share."""

    programs: Mapping[str, Path]
    crds: Path
    report: Report = silent
    given_up: Event = field(default_factory=Event)
    """Set when one cluster failed: the others need not go on."""


def start(cluster: Cluster, starter: Starter) -> None:
    """Start a cluster that has its keys, its files and free ports; returns when all of it works.

    Data of an earlier run is used again. Raises LabError naming the step that failed; what was started by
    then keeps running and is on record.
    """
    begun = time.monotonic()
    running: list[Process] = []

    def run(command: Command) -> None:
        running.append(spawn(command, cluster.lab))

    def await_step(step: str, unready: Callable[[], str]) -> None:
        wait.until(f"{cluster.name}: {step}", unready, needs=running, given_up=starter.given_up)
        starter.report(cluster.name, step, time.monotonic() - begun)

    def apply(step: str, manifests: Iterable[Manifest]) -> None:
        try:
            api.apply(manifests)
        except LabError as problem:
            tail = next(process.tail() for process in running if process.program == apiserver.PROGRAM)
            raise LabError(f"{cluster.name}: {step}: {problem.message}", tail=tail) from None

    api = Api(cluster)
    try:
        run(etcd.command(starter.programs[etcd.PROGRAM], cluster))
        run(apiserver.command(starter.programs[apiserver.PROGRAM], cluster))
        await_step("etcd", lambda: etcd.unready(cluster))
        await_step("api server", api.unready)

        apply("CRDs", [*crds.read(starter.crds), _namespace(istiod.NAMESPACE)])
        starter.report(cluster.name, "CRDs", time.monotonic() - begun)

        run(controller_manager.command(starter.programs[controller_manager.PROGRAM], cluster))
        if cluster.istiod:
            apply("webhook", [webhook.manifest(istiod.webhook_url(cluster))])
            run(istiod.command(starter.programs[istiod.PROGRAM], cluster))
        await_step("controller manager", lambda: controller_manager.unready(cluster))
        if cluster.istiod:
            await_step("istiod", lambda: istiod.unready(cluster))
            await_step("webhook fails closed", lambda: webhook.open_still(api))
    finally:
        api.close()


def _namespace(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
