"""Meshes to measure, and what policies become in them: plain words to a snapshot, specs to objects by cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lab.api import Manifest
from lab.errors import LabError
from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.finding import Level
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.standard import compile_standard

PORT = 9080
REVIEWS = f"http://reviews:{PORT}/"
"""What clients call."""

Objects = dict[str, list[Manifest]]
"""By the name of the cluster that they are for."""


def snapshot(pods: Mapping[str, Sequence[str]], services: Sequence[str] = ()) -> MeshSnapshot:
    """Clusters that meet only through their gateways, each with these pods and a service `reviews`.

    Pods of that service are called `reviews-<version>`; the further `services` have none.
    """
    clusters = {
        name: {
            "istioVersion": "1.31.0",
            "gateways": [{"addresses": [f"172.18.1.{number}"]}],
            "services": [_service(service) for service in ("reviews", *services)],
            "workloads": [_workload(pod) for pod in wanted],
        }
        for number, (name, wanted) in enumerate(pods.items(), start=1)
    }
    return MeshSnapshot.model_validate({"clusters": clusters})


def spec(kind: str, name: str, **fields: Any) -> Spec:
    """A policy as YAML would give it, with the fields of its `spec`."""
    return Spec(kind, name, "default", KINDS[kind].args.model_validate(fields))


def reference(cluster: str, service: str = "reviews", **fields: Any) -> dict[str, Any]:
    """A service, as a policy names it."""
    return {"name": service, "namespace": "default", "cluster": cluster, **fields}


def shift(service: str, at: str, to: str, weight: int) -> Spec:
    """A share of what callers of a cluster's service send goes to the same service of another."""
    return spec(
        "TrafficPolicy",
        f"{service}-of-{at}",
        destinations=[reference(at, service)],
        trafficShift=[
            {"destination": reference(to, service), "weight": weight},
            {"destination": reference(at, service), "weight": 100 - weight},
        ],
    )


def objects(seen: MeshSnapshot, specs: Iterable[Spec]) -> Objects:
    """What the specs become; LabError where something in them is wrong."""
    compiled = compile_standard(list(specs), seen)
    if wrong := [finding for finding in compiled.findings if finding.level is Level.ERROR]:
        raise LabError(f"the policies to measure with are wrong: {wrong[0].code} {wrong[0].message}")
    found: Objects = {name: [] for name in seen.clusters}
    for key, manifest in compiled.manifests.items():
        found[key.cluster].append(dict(manifest.body))
    return found


def _service(name: str) -> dict[str, Any]:
    ports = [{"name": "http", "port": PORT}]
    return {"name": name, "namespace": "default", "selector": {"app": name}, "ports": ports}


def _workload(name: str) -> dict[str, Any]:
    app, _, version = name.partition("-")
    labels = {"app": app, "version": version} if version else {"app": app}
    return {"name": name, "namespace": "default", "labels": labels, "serviceAccount": app}
