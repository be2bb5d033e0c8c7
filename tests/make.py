"""Meshes for tests, in a few words each: specs, snapshots and what they compile to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from meshhub_pulumi.engine.compile import Compiled
from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.standard import compile_standard

GATEWAYS = {"east": ["10.0.0.1", "10.0.0.2"], "north": ["10.0.2.1", "10.0.2.2"], "west": ["10.0.1.1", "10.0.1.2"]}


def spec(kind: str, name: str, namespace: str = "shop", **args: Any) -> Spec:
    """A spec of any kind."""
    return Spec(kind, name, namespace, KINDS[kind].args(namespace=namespace, **args))


def mesh(*clusters: Any, **args: Any) -> Spec:
    """A virtual mesh; east and west if nothing else is said."""
    return spec("VirtualMesh", "shop", "default", clusters=clusters or ("east", "west"), **args)


def to(cluster: str | None = None, name: str = "checkout", **more: Any) -> dict[str, Any]:
    """A service in a cluster."""
    return {"name": name, "namespace": "shop", **({"cluster": cluster} if cluster else {}), **more}


def traffic(name: str, cluster: str | None = "east", **args: Any) -> Spec:
    """A traffic policy about the checkout of a cluster."""
    return spec("TrafficPolicy", name, **{"destinations": [to(cluster)], **args})


def shift(*shares: tuple[Mapping[str, Any], int]) -> list[dict[str, Any]]:
    """Destinations with their weights."""
    return [{"destination": destination, "weight": weight} for destination, weight in shares]


def failover(name: str, *backings: str, **args: Any) -> Spec:
    """A failover service of the checkouts of some clusters."""
    defaults = {"hostname": f"{name}.shop.global", "port": {"number": 8080}}
    return spec("FailoverService", name, **{**defaults, "backing_services": [to(x) for x in backings], **args})


def access(name: str, cluster: str | None = "west", **args: Any) -> Spec:
    """An access policy about the checkout of a cluster."""
    return spec("AccessPolicy", name, **{"destinations": [to(cluster)], **args})


def service(name: str = "checkout", namespace: str = "shop", **more: Any) -> dict[str, Any]:
    """A service of the snapshot, with one HTTP port."""
    ports = [{"name": "http", "port": 8080}]
    return {"name": name, "namespace": namespace, "selector": {"app": name}, "ports": ports, **more}


def workload(name: str = "checkout", version: str = "v1", **more: Any) -> dict[str, Any]:
    """A workload of the snapshot."""
    labels = {"app": name, "version": version}
    return {"name": f"{name}-{version}", "namespace": "shop", "labels": labels, **more}


def cluster(name: str, services: Sequence[Mapping[str, Any]] = (service(),), **more: Any) -> dict[str, Any]:
    """A cluster of the snapshot, with a checkout and two gateway addresses."""
    gateways = [{"addresses": GATEWAYS[name]}]
    return {"services": services, "workloads": [workload()], "gateways": gateways, "istioVersion": "1.30.3", **more}


def snapshot(**clusters: Mapping[str, Any]) -> MeshSnapshot:
    """A snapshot of the clusters; east and west if nothing else is said."""
    return MeshSnapshot(clusters=clusters or {"east": cluster("east"), "west": cluster("west")})


def compiled(*specs: Spec, seen: MeshSnapshot | None = None, compat: str | None = None) -> Compiled:
    """What the library makes of specs and a snapshot."""
    return compile_standard(specs, seen or snapshot(), compat)
