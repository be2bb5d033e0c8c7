"""The minimum beside the bookinfo example: it does all that the example asks for, or it would be no measure."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from way import LOCAL, reached
from world import Edit, Manifests, World

from meshhub_pulumi.readers.files import read

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bookinfo"


def by_hand(manifests: Manifests) -> None:
    """What was written by hand, in the place of what we render."""
    manifests.clear()
    for file in (EXAMPLE / "minimum").glob("*.yaml"):
        for body in filter(None, yaml.safe_load_all(file.read_text(encoding="utf-8"))):
            meta = body["metadata"]
            manifests[file.stem, body["kind"], f"{meta['namespace']}/{meta['name']}"] = body


@pytest.mark.parametrize("edit", [None, by_hand], ids=["rendered", "by hand"])
def test_the_minimum_does_what_the_example_does(world: World, edit: Edit | None) -> None:
    """Requests to reviews in kind2 reach the same pods in the same shares over mutual TLS, whoever wrote it."""
    loaded = read([str(EXAMPLE)])
    world.hold(loaded.snapshot, *loaded.specs, edit=edit)
    client, gateway = world.pod("productpage", cluster="kind2"), world.gateway(pod="istio-ingressgateway")
    route = client.route("reviews", 9080)
    assert route
    shares = {}
    for name, weight in route.clusters.items():
        found = client.clusters[name]
        assert all(endpoint.tls for endpoint in found.endpoints)
        shares[weight] = found.workloads if LOCAL in name else reached(found, gateway)
    assert {75: ["reviews-v3:9080"], 15: ["reviews-v1"], 10: ["reviews-v2"]} == shares
