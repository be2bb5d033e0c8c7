"""Failover services to test with, things to do to a mesh under load, and who answered meanwhile."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from outcome import outcome
from rendered import Objects
from written import Document, document, virtual_mesh, written

from lab.mesh.answers import Answers
from lab.mesh.load import Load
from lab.mesh.pod import Pod
from lab.mesh.running import LiveCluster
from meshhub_pulumi.model.snapshot import MeshSnapshot

HOST = "reviews.default.global"
URL = f"http://{HOST}:9080/"
STRICT = virtual_mesh("c1", "c2", "c3", strictMtls=True)
SOON_BACK = {"consecutiveErrors": 2, "interval": "1s", "baseEjectionTime": "3s"}
"""Outlier detection as it is by default, but for ejections of half a minute, which a test would have to wait for."""
SLOW = 0.5
"""Seconds that no hundredth request may take; 0.2 and less are measured on a quiet machine."""
SETTLED = 2.5
"""Seconds after the first sign of a change until all requests follow it: Envoy tells its threads once a second."""


def failover(*clusters: str, **spec: Any) -> Document:
    """Service `reviews` of these clusters, in this order, under `HOST`."""
    asked = {"hostname": HOST, "port": {"number": 9080}, **spec}
    named = [{"name": "reviews", "namespace": "default", "cluster": cluster} for cluster in clusters]
    return document("FailoverService", "reviews", backingServices=named, **asked)


def tiers(snapshot: MeshSnapshot, **spec: Any) -> Objects:
    """Failover as it is by default: c1, then c2, then c3."""
    return written(snapshot, STRICT, failover("c1", "c2", "c3", **spec))


def edited(objects: Objects, kind: str, change: Callable[[Any], None]) -> Objects:
    """A copy of the objects in which every `spec` of this kind that concerns the failover host was changed."""
    altered = copy.deepcopy(objects)
    for manifests in altered.values():
        for manifest in manifests:
            if manifest["kind"] == kind and HOST in (manifest["spec"].get("host"), *manifest["spec"].get("hosts", ())):
                change(manifest["spec"])
    return altered


def backings(cluster: LiveCluster) -> list[Pod]:
    """The pods that answer in this cluster."""
    return [pod for pod in cluster.pods if pod.name.startswith("reviews")]


def at_once(actions: Iterable[Callable[[], object]]) -> None:
    """Do all of it in the same moment."""
    wanted = list(actions)
    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        for done in [pool.submit(action) for action in wanted]:
            done.result()


def answered_by(answers: Answers) -> set[str]:
    """The clusters that answered, and the reasons of what failed."""
    return {outcome(answer) for answer in answers}


def run_until_all_answered_by(load: Load, cluster: str, since: float, *, limit: float = 20.0) -> None:
    """Let the load go on until this cluster alone has answered for a second: no part of its requests goes elsewhere.

    What came back serves a share at first, as long as some of its endpoints are still taken for dead.
    """
    deadline = time.monotonic() + limit
    while (begun := time.monotonic() - 1.0) < deadline:
        load.run_for(0.1)
        if begun > since and {cluster} == answered_by(load.answers.since(begun)):
            return
    raise AssertionError(f"not all answers from {cluster} within {limit:.0f} s: {load.answers.since(since)!r}")


def settled(load: Load, since: float, *, watched: float = 1.0) -> Answers:
    """What became of requests that were sent well after a change, and for a while."""
    load.run_for(max(0.0, since + SETTLED + watched - time.monotonic()))
    return load.answers.since(since + SETTLED)


def priorities(pod: Pod, host: str = HOST) -> dict[str, int]:
    """The addresses of a host's endpoints as a proxy knows them, each with its priority: 0 is tried first."""
    (cluster,) = [each for each in pod.endpoints() if each["name"] == f"outbound|9080||{host}"]
    return {
        endpoint["address"]["socket_address"]["address"]: endpoint.get("priority", 0)
        for endpoint in cluster["host_statuses"]
    }


def in_order(pod: Pod) -> Sequence[set[str]]:
    """The endpoints of the failover host by priority, the first ones first."""
    found = priorities(pod)
    return [{address for address in found if found[address] == tier} for tier in sorted(set(found.values()))]
