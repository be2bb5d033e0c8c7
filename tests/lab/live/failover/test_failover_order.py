"""The order of a failover host's backings, as real proxies know it and as real requests show it."""

from __future__ import annotations

import time
from typing import Any

from connections import with_a_connection_each
from disturbance import (
    HOST,
    SOON_BACK,
    STRICT,
    URL,
    answered_by,
    at_once,
    backings,
    edited,
    failover,
    in_order,
    run_until_all_answered_by,
    tiers,
)
from rendered import Objects
from written import traffic_policy, virtual_mesh, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

GATEWAYS = {"c1": {"172.18.1.1"}, "c2": {"172.18.1.2", "172.18.2.2"}, "c3": {"172.18.1.3"}}
REMOTE = f"{HOST}-remote"
"""The ServiceEntry with the other clusters' gateways."""


def seen_from(live: LiveMesh, cluster: str, *order: str) -> list[set[str]]:
    """The endpoints of each backing in this order: the cluster's own pods, the gateways of the others."""
    own = {pod.address for pod in backings(live[cluster])}
    return [own if each == cluster else GATEWAYS[each] for each in order]


def test_every_cluster_has_the_declared_order(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """Whether a backing is at home makes no difference: all callers try c1, then c2, then c3."""
    live.apply(tiers(by_address))
    for cluster in live:
        caller = backings(live[cluster])[0]
        assert seen_from(live, cluster, "c1", "c2", "c3") == in_order(caller)
        assert {"c1"} == answered_by(caller.call(URL, n=30))


def test_four_backings_have_an_order(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """A fourth cluster, which is on paper only, has the place that it was given, from wherever one looks."""
    document = by_address.model_dump(by_alias=True)
    document["clusters"]["c4"] = {**document["clusters"]["c1"], "gateways": [{"addresses": ["172.18.1.4"]}]}
    objects = written(
        MeshSnapshot.model_validate(document), virtual_mesh("c1", "c2", "c3", "c4"), failover("c3", "c1", "c4", "c2")
    )
    live.apply({cluster: objects[cluster] for cluster in live})
    for cluster in live:
        first, second, last = seen_from(live, cluster, "c3", "c1", "c2")
        assert [first, second, {"172.18.1.4"}, last] == in_order(backings(live[cluster])[0])


def test_a_caller_without_a_backing_has_the_order_too(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """In c1, where no pod belongs to it, the host is the gateways of c2, then those of c3."""
    live.apply(written(by_address, STRICT, failover("c2", "c3", clusters=["c1"])))
    assert [GATEWAYS["c2"], GATEWAYS["c3"]] == in_order(live["c1"].pod("client"))
    assert {"c2"} == answered_by(live["c1"].pod("client").call(URL, n=30))


def test_the_nearest_answers_and_then_the_next(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """c2 is listed first, but c1's callers have c1 itself, then c3 of their region, under load too."""
    document = by_address.model_dump(by_alias=True)
    for name, region in (("c1", "eu-1"), ("c2", "us-1"), ("c3", "eu-1")):
        document["clusters"][name]["locality"] = {"region": region}
    near = failover("c2", "c1", "c3", order="nearest", outlierDetection=SOON_BACK)
    live.apply(written(MeshSnapshot.model_validate(document), STRICT, near))
    for cluster, order in (("c1", "c1 c3 c2"), ("c2", "c2 c1 c3"), ("c3", "c3 c1 c2")):
        assert seen_from(live, cluster, *order.split()) == in_order(backings(live[cluster])[0])
    client = live["c1"].pod("client")
    assert {"c1"} == answered_by(client.call(URL, n=30))
    with client.load(URL) as load:
        load.run_for(1)
        died = time.monotonic()
        at_once([pod.kill for pod in backings(live["c1"])])
        run_until_all_answered_by(load, "c3", died)
    load.answers.assert_all_answered()
    assert {"c1", "c3"} == answered_by(load.answers)


def test_without_outlier_detection_there_is_no_order(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """Istio then takes all endpoints as equal and sends to every cluster, which is why it is always written."""
    live.apply(edited(tiers(by_address), "DestinationRule", lambda spec: spec["trafficPolicy"].pop("outlierDetection")))
    client = live["c1"].pod("client")
    assert [{address for tier in seen_from(live, "c1", "c1", "c2", "c3") for address in tier}] == in_order(client)
    assert {"c1", "c2", "c3"} == answered_by(client.call(URL, n=100))


def test_either_entry_may_go_and_come_back(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """istiod joins the two ServiceEntries of the host, whichever came first; no document of Istio's promises it."""
    objects = tiers(by_address)
    live.apply(objects)
    client, order = live["c1"].pod("client"), seen_from(live, "c1", "c1", "c2", "c3")
    for name, left in ((REMOTE, order[:1]), (HOST, order[1:])):
        live["c1"].api.delete("networking.istio.io/v1", "ServiceEntry", name, "default")
        live.settle()
        assert left == in_order(client)
        live.apply(objects)
        assert order == in_order(client)


def test_connections_through_a_gateway_stay_in_its_cluster(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """c1's gateway sends what c2 and c3 ask of it to c1's pods, and to nobody else."""
    live.apply(with_a_connection_each(tiers(by_address), "c2", "c3"))
    for cluster in ("c2", "c3"):
        answers = backings(live[cluster])[0].call(URL, n=150)
        answers.assert_shares({"v1@c1": 1, "v2@c1": 1, "v3@c1": 1})


def test_under_one_name_connections_leak(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """Asked for the host itself, and free to speak mutual TLS to it, gateways that serve it pass requests on."""

    def serve_to_gateways(spec: Any) -> None:
        spec["exportTo"] = ["default", "istio-system"]
        for endpoint in spec.get("endpoints", ()):
            endpoint["labels"]["security.istio.io/tlsMode"] = "istio"

    named = edited(tiers(by_address), "ServiceEntry", serve_to_gateways)
    named = edited(named, "DestinationRule", lambda spec: spec["trafficPolicy"]["tls"].pop("sni"))
    for gateway in (one for objects in named.values() for one in objects if one["kind"] == "Gateway"):
        gateway["spec"]["servers"][0]["hosts"] = ["*.global"]
    live.apply(with_a_connection_each(named, "c2"))
    assert {"c1", "c2", "c3"} == answered_by(backings(live["c2"])[0].call(URL, n=150))


def test_a_slice_has_the_order_of_its_backings(live: LiveMesh, by_address: MeshSnapshot) -> None:
    """A share that goes to version v2 goes to c1's, then past c2, which has none, to c3's."""
    live.apply(_to_v2_alone(by_address))
    client = live["c1"].pod("client")
    assert {"v2@c1"} == set(client.call("http://reviews:9080/", n=30).counts)
    with client.load("http://reviews:9080/") as load:
        load.run_for(1)
        at_once([live["c1"].pod("reviews-v2").kill])
        load.run_for(3)
    load.answers.assert_all_answered()
    assert {"v2@c1", "v2@c3"} == set(load.answers.counts)


def _to_v2_alone(snapshot: MeshSnapshot) -> Objects:
    policy = traffic_policy(
        "reviews",
        destinations=[{"name": "reviews", "namespace": "default", "cluster": "c1"}],
        trafficShift=[
            {
                "destination": {"failoverService": "reviews", "namespace": "default", "subset": {"version": "v2"}},
                "weight": 100,
            }
        ],
        timeout="3s",
        retries={
            "attempts": 4,
            "perTryTimeout": "500ms",
            "retryOn": ["connect-failure", "refused-stream", "reset", "5xx"],
            "remoteLocalities": True,
        },
    )
    return written(snapshot, STRICT, failover("c1", "c2", "c3"), policy)
