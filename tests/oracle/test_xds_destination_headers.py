"""Headers of one destination of a traffic shift: they are that share's alone."""

from __future__ import annotations

from typing import Any

from meshes import cluster, snapshot, spec, to
from way import LOCAL, outbound
from world import World

SEEN = snapshot(kind2=cluster("172.18.0.220", "v1", "v3"), kind3=cluster("172.18.0.230", "v1"))
CANARY = {"append_request_headers": {"x-canary": "1"}, "remove_response_headers": ["server"]}
WHOLE = {"append_request_headers": {"x-route": "1"}}


def shares(world: World, *destinations: dict[str, Any]) -> Any:
    """Envoy's route for a shift to these destinations."""
    shift = spec(
        "TrafficPolicy",
        "shift",
        destinations=[to("kind2")],
        traffic_shift=list(destinations),
        header_manipulation=WHOLE,
    )
    world.hold(SEEN, shift)
    found = world.client().route("reviews", 9080)
    assert found
    return found


def test_only_the_share_of_the_destination_has_them(world: World) -> None:
    """The other one goes as it is; what the policy says is about both."""
    found = shares(
        world,
        {"destination": to("kind2", version="v1"), "weight": 90},
        {"destination": to("kind2", version="v3"), "weight": 10, "header_manipulation": CANARY},
    )
    by_name = {one["name"]: one for one in found.raw["route"]["weightedClusters"]["clusters"]}
    plain = by_name[outbound(LOCAL, subset="version-v1")]
    canary = by_name[outbound(LOCAL, subset="version-v3")]
    assert not {"requestHeadersToAdd", "responseHeadersToRemove"} & plain.keys()
    assert [{"key": "x-canary", "value": "1"}] == [one["header"] for one in canary["requestHeadersToAdd"]]
    assert ["server"] == canary["responseHeadersToRemove"]
    assert {"x-route": "1"} == found.request_headers.add


def test_a_single_destination_has_them_with_the_route(world: World) -> None:
    """Istio writes both into one route, after each other."""
    found = shares(world, {"destination": to("kind2"), "weight": 100, "header_manipulation": CANARY})
    assert ["x-route", "x-canary"] == list(found.request_headers.add)
    assert ("server",) == found.response_headers.remove
