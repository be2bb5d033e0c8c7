"""Existing policies and Sidecars: what is found of gateways, pods and callers is what istiod does to them."""

from __future__ import annotations

from typing import Any

import pytest
from meshes import CLIENT, cluster, failover, permissive, shift, snapshot, to
from way import AWAY, LOCAL, behind, outbound, sni
from world import DOOR, Manifests, World

from lab import xds
from lab.xds.ask import Json
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.standard import compile_standard

ROOT = "istio-system"
HOST = "reviews-ha.default.global"
SENT: Spec = shift(to("kind2"), (to("kind3"), 100))


def seen(kind2: list[dict[str, Any]] | None = None, kind3: list[dict[str, Any]] | None = None) -> MeshSnapshot:
    """Two clusters that hold these objects, with another caller in `front`."""
    here = cluster("172.18.0.220", "v1", objects=kind2 or [])
    here["workloads"] = [*here["workloads"], {**CLIENT, "namespace": "front"}]
    return snapshot(kind2=here, kind3=cluster("172.18.0.230", "v2", objects=kind3 or []))


def theirs(kind: str, namespace: str, **spec: Any) -> dict[str, Any]:
    """An object that somebody else wrote."""
    group = "networking" if kind == "Sidecar" else "security"
    meta = {"name": "theirs", "namespace": namespace}
    return {"apiVersion": f"{group}.istio.io/v1", "kind": kind, "metadata": meta, "spec": spec}


def codes(found: MeshSnapshot, *specs: Spec) -> set[str]:
    """The findings about existing objects."""
    told = {one.code for one in compile_standard(specs, found).findings}
    return told & {"MH520", "MH521", "MH531", "MH532", "MH612"}


def hold(world: World, found: MeshSnapshot, *specs: Spec) -> None:
    """Hold a mesh whose snapshot has faults: the objects that they are about are put there beside ours."""
    bare = MeshSnapshot(clusters={name: one.model_copy(update={"objects": ()}) for name, one in found.clusters.items()})

    def beside(manifests: Manifests) -> None:
        for name, one in found.clusters.items():
            for body in one.objects:
                key = name, body["kind"], f"{body['metadata']['namespace']}/{body['metadata']['name']}"
                manifests[key] = body

    world.hold(bare, *specs, edit=beside)


def filters(listeners: tuple[Json, ...], port: int) -> str:
    """All that the listeners of a port, or of every arrival, do."""
    return str([one for one in listeners if one["address"]["socketAddress"]["portValue"] in (port, 15006)])


@pytest.mark.parametrize("namespace", [ROOT, "default"])
def test_what_lets_nobody_in_is_asked_at_the_pods(world: World, namespace: str) -> None:
    """A gateway passes on what it is asked for without asking a policy, the pod asks: that is what MH532 is about."""
    found = seen(kind3=[theirs("AuthorizationPolicy", namespace)])
    hold(world, found, permissive())
    assert {"MH532"} == codes(found, permissive())
    gateway = world.gateway()
    assert behind(gateway, sni())
    assert "rbac" not in filters(gateway.listeners, DOOR)
    assert "rbac" in filters(world.pod("reviews-v2").listeners, 9080)


@pytest.mark.parametrize(
    ("namespace", "said", "reached"),
    [
        (ROOT, {"mtls": {"mode": "DISABLE"}}, False),
        ("default", {"mtls": {"mode": "DISABLE"}}, False),
        ("default", {"mtls": {"mode": "PERMISSIVE"}}, True),
        ("default", {"selector": {"matchLabels": {"app": "reviews"}}, "mtls": {"mode": "DISABLE"}}, False),
        (ROOT, {"selector": {"matchLabels": {"app": "reviews"}}, "mtls": {"mode": "DISABLE"}}, True),
        ("default", {"selector": {"matchLabels": {"app": "other"}}, "mtls": {"mode": "DISABLE"}}, True),
        (
            "default",
            {"selector": {"matchLabels": {"app": "reviews"}}, "portLevelMtls": {9080: {"mode": "DISABLE"}}},
            False,
        ),
        (
            "default",
            {"selector": {"matchLabels": {"app": "reviews"}}, "portLevelMtls": {9090: {"mode": "DISABLE"}}},
            True,
        ),
    ],
)
def test_pods_without_mutual_tls_refuse_what_a_gateway_passes_on(
    world: World, namespace: str, said: dict[str, Any], reached: bool
) -> None:
    """A gateway passes on to them all the same; where MH520 is found the pod refuses the connection, else takes it."""
    found = seen(kind3=[theirs("PeerAuthentication", namespace, **said)])
    hold(world, found, permissive())
    assert ["reviews-v2:9080"] == behind(world.gateway(), sni())
    assert reached == (world.pod("reviews-v2").arrival(9080, protocol="istio-http/1.1") is not None)
    assert ("MH520" in codes(found, permissive())) != reached


@pytest.mark.parametrize(
    ("shown", "sees"),
    [
        (["default/*"], True),
        ([f"default/{LOCAL}"], False),
        (["./*"], False),
        (["*/*"], True),
        (["*/*", f"~default/{HOST}"], False),
    ],
)
def test_a_sidecar_hides_a_failover_host(world: World, shown: list[str], sees: bool) -> None:
    """It is there for the callers where the Sidecar shows it."""
    found = seen(kind2=[theirs("Sidecar", "front", egress=[{"hosts": shown}])])
    hold(world, found, failover("kind2", "kind3"))
    caller = xds.proxy(world.clusters["kind2"], "client", namespace="front")
    assert sees == (outbound(HOST) in caller.clusters)
    backing = outbound(LOCAL) in caller.clusters
    assert (backing and not sees) == ("MH612" in codes(found, failover("kind2", "kind3")))


def test_what_a_route_sends_to_is_seen_with_it(world: World) -> None:
    """A Sidecar that shows a service shows the federated host to which its route sends, so nothing is found."""
    found = seen(kind2=[theirs("Sidecar", "front", egress=[{"hosts": [f"default/{LOCAL}"]}])])
    hold(world, found, SENT)
    caller = xds.proxy(world.clusters["kind2"], "client", namespace="front")
    assert outbound(AWAY) in caller.clusters
    assert set() == codes(found, SENT)
