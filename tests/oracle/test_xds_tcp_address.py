"""TCP hosts with and without an address: what a proxy takes for theirs."""

from __future__ import annotations

import pytest
from meshes import cluster, service, snapshot, spec, to
from way import outbound
from world import Manifests, World

from meshhub_pulumi.model.failover import backing_name

TCP = {"name": "tcp", "port": 5432}
SEEN = snapshot(
    **{
        name: cluster(address, "v1", services=(service(TCP),))
        for name, address in (("kind2", "172.18.0.220"), ("kind3", "172.18.0.230"))
    }
)
ELSEWHERE = "192.0.2.7"
"""The address of something outside of the mesh."""
HOST = "db.default.global"
DATABASE = spec(
    "FailoverService",
    "db",
    hostname=HOST,
    port={"number": 5432, "protocol": "TCP"},
    backing_services=[to("kind2"), to("kind3")],
)


@pytest.mark.parametrize(("virtual_ip", "taken"), [("hash", False), ("none", True)])
def test_a_host_without_an_address_takes_its_port(world: World, virtual_ip: str, taken: bool) -> None:
    """Whatever is called there, as a connection says nothing else; with an address the host takes its own alone."""
    mesh = spec("VirtualMesh", "mesh", clusters=["kind2", "kind3"], federation="permissive", virtual_ip=virtual_ip)
    world.hold(SEEN, mesh)
    assert taken == bool(federated(world))


def test_backings_take_nothing(world: World) -> None:
    """The host by which a gateway finds a backing is seen beside that too, and in nobody's way."""
    world.hold(SEEN, DATABASE)
    assert [] == federated(world)


def test_backings_without_an_address_would_take_everything(world: World) -> None:
    """The control."""

    def forget(manifests: Manifests) -> None:
        del manifests["kind2", "ServiceEntry", f"default/{backing_name(HOST)}"]["spec"]["addresses"]

    world.hold(SEEN, DATABASE, edit=forget)
    assert [outbound(backing_name(HOST), 5432)] == federated(world)


def federated(world: World) -> list[str]:
    """The hosts of the mesh that get a connection to somewhere else."""
    found = world.client().connection(ELSEWHERE, 5432)
    return [name for name in (found.clusters if found else ()) if name.startswith("outbound|")]
