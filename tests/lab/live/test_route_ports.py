"""Ports in a real mesh: a policy holds for every HTTP port of a service, and each keeps its own way."""

from __future__ import annotations

from typing import Any

from outcome import expect
from written import traffic_policy, virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

MESH = virtual_mesh("kind2", "kind3", federation="permissive")
PRICES = {"name": "prices", "namespace": "default"}
PORTS = {9080: 9080, 8081: 3306}
"""Of the Service `prices`, which are those of the pods of ratings; where its requests arrive there."""
REST = traffic_policy("rest", destinations=[PRICES], timeout="5s")
URL, FEDERATED = "http://prices:{}/", "http://prices.default.svc.kind3.global:{}/"


def test_a_policy_holds_for_every_port(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """Whichever port is asked, the request arrives at the target of that port, and changed as the policy says."""
    snapshot = _with_prices(live, snapshot)
    policy = traffic_policy("all", destinations=[PRICES], headerManipulation={"appendRequestHeaders": {"x-by": "us"}})
    for port, target in PORTS.items():
        assert {("kind2", target, None)} == _asked(live, URL.format(port), "kind2")
    live.apply(written(snapshot, MESH, policy))
    for port, target in PORTS.items():
        assert {("kind2", target, "us")} == _asked(live, URL.format(port), "kind2")
        assert {("kind3", target, "us")} == _asked(live, FEDERATED.format(port), "kind3")


def test_a_share_keeps_its_port_unless_it_names_one(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """In the other cluster a request arrives at the port that it was sent to, or at the one that the share names."""
    snapshot = _with_prices(live, snapshot)
    policies = [REST, _all_to_kind3("keeps"), _all_to_kind3("names", port=8081)]
    live.apply(written(snapshot, MESH, *policies))
    for port, target in PORTS.items():
        assert {("kind3", target, None)} == _asked(live, URL.format(port) + "keeps", "kind3")
        assert {("kind3", 3306, None)} == _asked(live, URL.format(port) + "names", "kind3")
        assert {("kind2", target, None)} == _asked(live, URL.format(port) + "other", "kind2")


def _with_prices(live: LiveMesh, snapshot: MeshSnapshot) -> MeshSnapshot:
    """Give each cluster one more service; returns the snapshot that has it too."""
    selector = {"app": "ratings"}
    ports = [{"name": f"http-{port}", "port": port, "targetPort": target} for port, target in PORTS.items()]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": PRICES,
        "spec": {"selector": selector, "ports": ports},
    }
    live.apply({cluster: [service] for cluster in live})
    document = snapshot.model_dump(by_alias=True)
    for cluster in document["clusters"].values():
        cluster["services"] = [*cluster["services"], {**PRICES, "selector": selector, "ports": ports}]
    return MeshSnapshot.model_validate(document)


def _all_to_kind3(path: str, **port: int) -> dict[str, Any]:
    share = {"destination": {**PRICES, "cluster": "kind3", **port}, "weight": 100}
    return traffic_policy(
        path,
        destinations=[{**PRICES, "cluster": "kind2"}],
        matches=[{"prefix": f"/{path}"}],
        trafficShift=[share],
    )


def _asked(live: LiveMesh, url: str, cluster: str) -> set[tuple[str, int, str | None]]:
    """Where requests arrive: the cluster, the pod's port, and the header that a policy adds."""
    answers = expect(live["kind2"].pod("client"), url, cluster, n=10)
    return {
        (answer.seen.cluster, answer.seen.port, answer.seen.headers.get("x-by")) for answer in answers if answer.seen
    }
