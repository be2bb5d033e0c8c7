"""Target ports: other clusters call a service at its own ports, and its pods are called where they listen."""

from __future__ import annotations

from meshes import cluster, failover, permissive, service, shift, snapshot, to, workload
from way import AWAY, LOCAL, behind, outbound, reached, sni
from world import Manifests, World

from meshhub_pulumi.model.failover import backing_name

PORTS = service(
    {"name": "http", "port": 80, "target_port": 9080},
    {"name": "http-admin", "port": 81, "target_port": "admin"},
    {"name": "http-same", "port": 8080},
)
PODS = [workload(version, container_ports={"admin": 9090}) for version in ("v1", "v3")]


def test_every_port_leads_to_its_own_target(world: World) -> None:
    """A number, a name, and none at all; at home and from afar alike."""
    seen = [cluster(address, *PODS, services=(PORTS,)) for address in ("172.18.0.220", "172.18.0.230")]
    world.hold(snapshot(kind2=seen[0], kind3=seen[1]), permissive())
    client, gateway = world.client(), world.gateway()
    for port, target in ((80, 9080), (81, 9090), (8080, 8080)):
        assert ["172.18.0.230:15443"] == client.clusters[outbound(port=port)].addresses
        expected = [f"reviews-v1:{target}", f"reviews-v3:{target}"]
        assert expected == reached(client.clusters[outbound(port=port)], gateway)
        at_home = client.clusters[outbound(LOCAL, port)].endpoints
        assert expected == sorted(f"{endpoint.workload}:{endpoint.port}" for endpoint in at_home)


def test_a_shift_keeps_the_port_that_was_called(world: World) -> None:
    """Of several ports, requests to one go to the same one of the other cluster's service."""
    seen = [cluster(address, *PODS, services=(PORTS,)) for address in ("172.18.0.220", "172.18.0.230")]
    world.hold(snapshot(kind2=seen[0], kind3=seen[1]), shift(to("kind2"), (to("kind3"), 100)))
    client = world.client()
    for port in (80, 81, 8080):
        route = client.route("reviews", port)
        assert route
        assert {outbound(port=port): 100} == route.clusters


def test_failover_calls_pods_at_their_target(world: World) -> None:
    """The host's port is a third number: the local pods and those behind the other gateway have their own."""
    seen = [cluster(address, *PODS, services=(PORTS,)) for address in ("172.18.0.220", "172.18.0.230")]
    policy = failover(to("kind2", port=81), to("kind3", port=80), port=7000)
    world.hold(snapshot(kind2=seen[0], kind3=seen[1]), policy)
    host = "reviews-ha.default.global"
    found = world.client().clusters[outbound(host, 7000)]
    assert ["10.244.0.12:9090", "10.244.0.13:9090", "172.18.0.230:15443"] == found.addresses
    assert ["reviews-v1:9080", "reviews-v3:9080"] == behind(world.gateway(), sni(backing_name(host), 7000))


def test_without_target_ports_pods_would_be_called_at_the_service_s(world: World) -> None:
    """The control: that is what Istio takes for granted."""

    def forget(manifests: Manifests) -> None:
        for port in manifests["kind3", "ServiceEntry", f"default/{AWAY}"]["spec"]["ports"]:
            del port["targetPort"]

    seen = [cluster(address, *PODS, services=(PORTS,)) for address in ("172.18.0.220", "172.18.0.230")]
    world.hold(snapshot(kind2=seen[0], kind3=seen[1]), permissive(), edit=forget)
    assert ["reviews-v1:80", "reviews-v3:80"] == behind(world.gateway(), sni(port=80))
