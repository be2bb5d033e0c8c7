"""Existing objects about our hosts: the finding names the callers that follow both objects, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from meshes import CLIENT, cluster, failover, snapshot, spec, to
from way import LOCAL, outbound
from world import Manifests, World

from lab import xds
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.standard import compile_standard

AWAY, HERE, ROOT = "far", "default", "istio-system"
JOINED = "reviews-ha.default.global"
"""A failover host, which lies beside its backing and is for callers there alone."""
ENDPOINT = "192.0.2.9"
SPECS = {
    LOCAL: spec("TrafficPolicy", "ours", destinations=[to("kind2")], timeout="7s", outlier_detection={}),
    JOINED: failover("kind2", "kind3"),
}
REACHED = {LOCAL: {HERE, AWAY}, JOINED: {HERE}}


def theirs(kind: str, host: str, namespace: str, exported: str) -> dict[str, Any]:
    """An object about a host that somebody else wrote."""
    said: dict[str, dict[str, Any]] = {
        "VirtualService": {
            "hosts": [host],
            "http": [{"timeout": "5s", "route": [{"destination": {"host": host}}]}],
        },
        "DestinationRule": {
            "host": host,
            "trafficPolicy": {"connectionPool": {"tcp": {"connectTimeout": "77s"}}},
        },
        "ServiceEntry": {
            "hosts": [host],
            "location": "MESH_INTERNAL",
            "resolution": "STATIC",
            "ports": [{"number": 9080, "name": "http", "protocol": "HTTP"}],
            "endpoints": [{"address": ENDPOINT}],
        },
    }
    meta = {"name": "theirs", "namespace": namespace}
    body = {**said[kind], "exportTo": [exported]}
    return {"apiVersion": "networking.istio.io/v1", "kind": kind, "metadata": meta, "spec": body}


def seen(host: str, *objects: dict[str, Any]) -> MeshSnapshot:
    """Two clusters; of kind2's namespaces `far` has callers where the host is for all."""
    far = [{**CLIENT, "namespace": AWAY}] if AWAY in REACHED[host] else []
    here = cluster("172.18.0.220", "v1")
    here = {**here, "workloads": [*here["workloads"], *far], "objects": objects}
    return snapshot(kind2=here, kind3=cluster("172.18.0.230", "v2"))


def callers_told(host: str, there: dict[str, Any]) -> set[str]:
    """The callers for whom the finding says that one of two objects is ignored."""
    findings = compile_standard([SPECS[host]], seen(host, there)).findings
    (message,) = [found.message for found in findings if found.code == "MH201"] or [""]
    named = message.partition(" too, for callers in ")[2]
    return set(named.split(", ")) if named else REACHED[host] if message else set()


def follows(world: World, namespace: str, kind: str, host: str) -> bool:
    """Whether the callers of a namespace follow what somebody else wrote."""
    client = xds.proxy(world.clusters["kind2"], "client", namespace=namespace)
    if kind == "VirtualService":
        route = client.route(host, 9080)
        return bool(route and route.timeout == "5s")
    found = client.clusters.get(outbound(host))
    if kind == "ServiceEntry":
        return bool(found and f"{ENDPOINT}:9080" in found.addresses)
    return bool(found and found.raw["connectTimeout"] == "77s")


@pytest.mark.parametrize("exported", ["*", ".", AWAY, HERE])
@pytest.mark.parametrize("namespace", [AWAY, HERE, ROOT])
@pytest.mark.parametrize(
    ("kind", "host"),
    [("VirtualService", LOCAL), ("DestinationRule", LOCAL), ("DestinationRule", JOINED), ("ServiceEntry", JOINED)],
)
def test_whoever_would_follow_it_is_told(world: World, kind: str, host: str, namespace: str, exported: str) -> None:
    """Without our object of its kind those that the finding names follow the other one, and no others that have ours.

    In one namespace with ours the endpoints of a ServiceEntry are joined to those, so that they are seen wherever ours
    is, and not where it alone would be.
    """
    there = theirs(kind, host, namespace, exported)
    joined = kind == "ServiceEntry" and namespace == HERE

    def alone(manifests: Manifests) -> None:
        ours = [key for key in manifests if key[:2] == ("kind2", kind)]
        assert ours
        for key in ours if not joined else ():
            del manifests[key]
        manifests["kind2", kind, f"{namespace}/theirs"] = there
        # it is the oldest that way, but for what it may need
        home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        rest = dict(manifests)
        manifests.clear()
        manifests.update({("kind2", "Namespace", namespace): home, **rest})

    world.hold(seen(host), SPECS[host], edit=alone)
    found = {one for one in REACHED[host] if follows(world, one, kind, host)}
    assert callers_told(host, there) & REACHED[host] == found
