"""Ports and gateways of every kind, on the wire: requests and bytes arrive at the port that is meant.

kind2 enters kind3 by two gateways with different ports, kind3 enters kind2 by one that has a DNS name.
"""

from __future__ import annotations

from typing import Any

import pytest
from outcome import expect, outcome
from written import traffic_policy, virtual_mesh, written

from lab.mesh.pod import Pod
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

TARGETS = {80: 9080, 81: 9090, 2525: 2525, 3306: 3306, 3307: 3308}
"""Where the pods of ratings listen to what comes for the ports of the service: numbers, a name, and the same."""
GREETED = (2525, 3306)
"""At these the server speaks first."""
ROUTES = [pytest.param("kind2", "kind3", id="by two ports"), pytest.param("kind3", "kind2", id="by a name")]
EVERYTHING = virtual_mesh("kind2", "kind3", federation="permissive", strictMtls=True)


def url(server: str, port: int, name: str = "ratings") -> str:
    """A federated service's, for requests or for bytes."""
    scheme = "http" if port < 1000 else "tcp"
    return f"{scheme}://{name}.default.svc.{server}.global:{port}"


@pytest.mark.parametrize(("client", "server"), ROUTES)
def test_every_port_arrives_at_its_target(live: LiveMesh, snapshot: MeshSnapshot, client: str, server: str) -> None:
    """Through the gateways of the other cluster, under mutual TLS, whoever speaks first; without our objects none."""
    pod = live[client].pod("client")
    assert {"connect"} == set(pod.call(url(server, 80)).reasons)
    live.apply(written(snapshot, EVERYTHING))
    for port, target in TARGETS.items():
        answers = expect(pod, url(server, port), server, body="hello", greeted=port in GREETED)
        assert {(target, "hello")} == {(answer.seen.port, answer.seen.body) for answer in answers if answer.seen}


def test_a_shift_by_way_of_a_named_gateway(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Shares are what they are with addresses."""
    at = {"name": "ratings", "namespace": "default"}
    shares = [
        {"destination": {**at, "cluster": cluster}, "weight": weight}
        for cluster, weight in (("kind2", 75), ("kind3", 25))
    ]
    policy = traffic_policy("ratings", destinations=[{**at, "cluster": "kind3"}], trafficShift=shares)
    live.apply(written(snapshot, EVERYTHING, policy))
    answers = live["kind3"].pod("client").call("http://ratings:80/", n=600)
    answers.assert_shares({"v1@kind2": 75, "v1@kind3": 25})


def test_both_gateways_are_used_at_their_own_ports(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Each gets a part of the connections, and none fails."""
    live.apply(written(snapshot, EVERYTHING))
    client = live["kind2"].pod("client")
    expect(client, url("kind3", 3307), "kind3", n=40)
    opened = connections(client, "outbound|3307||ratings.default.svc.kind3.global")
    assert {"172.18.4.1:15443", "172.18.4.2:31443"} == opened.keys()
    assert min(opened.values()) >= 5, opened


def connections(pod: Pod, cluster: str) -> dict[str, int]:
    """How many connections a pod's proxy has opened to each endpoint of a cluster."""
    (status,) = (one for one in pod.endpoints() if one["name"] == cluster)
    found = {}
    for host in status["host_statuses"]:
        socket = host["address"]["socket_address"]
        (count,) = (int(stat.get("value", 0)) for stat in host["stats"] if stat["name"] == "cx_total")
        found[f"{socket['address']}:{socket['port_value']}"] = count
    return found


def test_one_port_for_both_gateways_would_fail(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """The control: where both are called at the second one's port, the first refuses its share."""
    objects = written(snapshot, EVERYTHING)
    host = ["ServiceEntry", "ratings.default.svc.kind3.global"]
    (entry,) = (one for one in objects["kind2"] if host == [one["kind"], one["metadata"]["name"]])
    endpoints: list[dict[str, Any]] = [
        {**endpoint, "ports": dict.fromkeys(endpoint["ports"], 31443)} for endpoint in entry["spec"]["endpoints"]
    ]
    wrong = {**entry, "spec": {**entry["spec"], "endpoints": endpoints}}
    live.apply({**objects, "kind2": [*(one for one in objects["kind2"] if one is not entry), wrong]})
    answers = live["kind2"].pod("client").call(url("kind3", 3307), n=40, fresh=True)
    assert {"kind3", "reset"} == set(map(outcome, answers))


@pytest.mark.parametrize(("client", "server"), ROUTES)
def test_a_headless_service_is_called_like_any_other(
    live: LiveMesh, snapshot: MeshSnapshot, client: str, server: str
) -> None:
    """From afar: its federated host has an address, and its cluster's gateway picks the pod."""
    ports = [{"name": "http", "port": 82, "targetPort": 9080}, {"name": "tcp", "port": 3309, "targetPort": 3308}]
    document = snapshot.model_dump(by_alias=True)
    bare = {"name": "bare", "namespace": "default"}
    for cluster in document["clusters"].values():
        cluster["services"] = [*cluster["services"], {**bare, "selector": {"app": "ratings"}, "ports": ports}]
    spec = {"clusterIP": "None", "selector": {"app": "ratings"}, "ports": ports}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": bare, "spec": spec}
    objects = written(MeshSnapshot.model_validate(document), EVERYTHING)
    live.apply({cluster: [service, *objects[cluster]] for cluster in live})
    for port, target in ((82, 9080), (3309, 3308)):
        answers = expect(live[client].pod("client"), url(server, port, "bare"), server)
        assert {target} == {answer.seen.port for answer in answers if answer.seen}
