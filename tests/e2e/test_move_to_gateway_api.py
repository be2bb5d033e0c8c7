"""Routes of the Gateway API through the real engine into real API servers."""

from __future__ import annotations

import pytest
from engine import Engine
from programs import program, shared

import lab

API = "gateway.networking.k8s.io/v1"
HTTP_ROUTE = "bookinfo/kind2/gateway.networking.k8s.io/HTTPRoute/default/reviews-9080"
VIRTUAL_SERVICE = "bookinfo/kind2/networking.istio.io/VirtualService/default/reviews"


def weights(clusters: lab.Lab) -> list[int]:
    """The weights of kind2's reviews route, as the API server has them."""
    found = clusters["kind2"].api.read(API, "HTTPRoute", "reviews-9080")
    assert found is not None
    return [share["weight"] for share in found["spec"]["rules"][0]["backendRefs"]]


@pytest.mark.usefixtures("http_routes")
def test_a_cluster_moves_to_the_gateway_api(engine: Engine, clusters: lab.Lab) -> None:
    """The HTTPRoute comes before the VirtualService goes; nothing else changes, then or when a weight does."""
    engine.write(program(shared(25)))
    assert engine.up().code == 0

    engine.write(program(shared(25), dialect="gateway-api"))
    moved = engine.up()
    assert (moved.code, moved.names("create", "kubernetes:")) == (0, [HTTP_ROUTE]), moved.text
    assert [VIRTUAL_SERVICE] == moved.names("delete", "kubernetes:")
    assert [] == moved.names("update", "kubernetes:")
    assert ["create", "delete"] == [step for step, _, name in moved.steps if name in (HTTP_ROUTE, VIRTUAL_SERVICE)]
    assert [25, 75] == weights(clusters)

    again = engine.up("--expect-no-changes")
    assert again.code == 0, again.text
    drift = engine.refresh("--expect-no-changes")
    assert drift.code == 0, drift.text

    engine.write(program(shared(60), dialect="gateway-api"))
    changed = engine.up()
    assert [HTTP_ROUTE] == changed.names("update", "kubernetes:"), changed.text
    assert [60, 40] == weights(clusters)

    away = engine.destroy()
    assert (away.code, engine.state()) == (0, []), away.text
    assert [] == clusters["kind2"].api.list(API, "HTTPRoute")
