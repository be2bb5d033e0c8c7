"""Snapshots and specs in a few words each, for meshes of clusters kind2, kind3 and so on; all in namespace default."""

from __future__ import annotations

from typing import Any

from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec

HTTP = {"name": "http", "port": 9080}


def service(*ports: dict[str, Any], name: str = "reviews", app: str = "reviews") -> dict[str, Any]:
    """A service that selects an app's pods; with one HTTP port if none is given."""
    return {"name": name, "namespace": "default", "selector": {"app": app}, "ports": ports or [HTTP]}


def workload(version: str, **more: Any) -> dict[str, Any]:
    """A version of reviews."""
    labels = {"app": "reviews", "version": version}
    return {"name": f"reviews-{version}", "namespace": "default", "labels": labels, **more}


CLIENT = {"name": "client", "namespace": "default", "labels": {"app": "client"}}


def cluster(
    gateway: Any, *versions: str | dict[str, Any], services: tuple[Any, ...] = (), **more: Any
) -> dict[str, Any]:
    """A cluster with versions of reviews behind a service, a client, and an east-west gateway at this address.

    `gateway` may also be everything about it, or a list of several; `services` replaces the one there is.
    """
    gateways = gateway if isinstance(gateway, list) else [gateway]
    return {
        "gateways": [{"addresses": [one]} if isinstance(one, str) else one for one in gateways],
        "services": services or (service(),),
        "workloads": [CLIENT, *(workload(one) if isinstance(one, str) else one for one in versions)],
        **more,
    }


def snapshot(**clusters: dict[str, Any]) -> MeshSnapshot:
    """A snapshot of these clusters."""
    return MeshSnapshot(clusters=clusters)


def to(cluster: str, name: str = "reviews", *, port: int | None = None, version: str = "") -> dict[str, Any]:
    """A service of a cluster, or a version of it."""
    subset = {"subset": {"version": version}} if version else {}
    return {"name": name, "namespace": "default", "cluster": cluster, "port": port, **subset}


def spec(kind: str, name: str, **args: Any) -> Spec:
    """A spec of any kind."""
    return Spec(kind, name, "default", KINDS[kind].args(namespace="default", **args))


def permissive() -> Spec:
    """A mesh of kind2 and kind3 in which everything is federated."""
    return spec("VirtualMesh", "mesh", clusters=["kind2", "kind3"], federation="permissive")


def shift(at: dict[str, Any], *shares: tuple[dict[str, Any], int]) -> Spec:
    """A policy that sends the requests to a service elsewhere, in shares."""
    weights = [{"destination": destination, "weight": weight} for destination, weight in shares]
    return spec("TrafficPolicy", "reviews", destinations=[at], traffic_shift=weights)


def failover(*backings: str | dict[str, Any], name: str = "reviews-ha", port: int = 9080, **more: Any) -> Spec:
    """A failover host of some services, or of the reviews of some clusters."""
    services = [to(one) if isinstance(one, str) else one for one in backings]
    hostname = f"{name}.default.global"
    return spec("FailoverService", name, hostname=hostname, port={"number": port}, backing_services=services, **more)
