"""Several services in front of the same pods: each is federated for itself."""

from __future__ import annotations

from meshes import cluster, failover, permissive, service, snapshot, to
from way import AWAY, behind, outbound, reached, sni
from world import World

from meshhub_pulumi.model.failover import backing_name

BOTH = (service(), service({"name": "http-admin", "port": 81, "target_port": 9090}, name="admin"))
ADMIN = "admin.default.svc.kind3.global"
SEEN = snapshot(
    kind2=cluster("172.18.0.220", "v1", services=BOTH), kind3=cluster("172.18.0.230", "v1", "v3", services=BOTH)
)


def test_each_service_has_its_own_ports(world: World) -> None:
    """A gateway leads to the pods by either name, at the port of that one, and knows none of the other's."""
    world.hold(SEEN, permissive())
    client, gateway = world.client(), world.gateway()
    assert ["reviews-v1:9080", "reviews-v3:9080"] == reached(client.clusters[outbound()], gateway)
    assert ["reviews-v1:9090", "reviews-v3:9090"] == reached(client.clusters[outbound(ADMIN, 81)], gateway)
    assert [] == behind(gateway, sni(AWAY, 81))
    assert [] == behind(gateway, sni(ADMIN, 9080))


def test_both_may_back_failover_hosts(world: World) -> None:
    """Four hosts select the same pods then, and none gets in another's way."""
    host, admin = "reviews-ha.default.global", "admin-ha.default.global"
    other = failover(to("kind2", "admin"), to("kind3", "admin"), name="admin-ha", port=81)
    world.hold(SEEN, permissive(), failover("kind2", "kind3"), other)
    client, gateway = world.client(), world.gateway()
    assert ["10.244.0.12:9080", "172.18.0.230:15443"] == client.clusters[outbound(host)].addresses
    assert ["10.244.0.12:9090", "172.18.0.230:15443"] == client.clusters[outbound(admin, 81)].addresses
    assert ["reviews-v1:9080", "reviews-v3:9080"] == behind(gateway, sni(backing_name(host)))
    assert ["reviews-v1:9090", "reviews-v3:9090"] == behind(gateway, sni(backing_name(admin), 81))
