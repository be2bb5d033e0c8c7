"""Gateways with DNS names: the caller's proxy resolves each, and asks it for what it would ask an address for."""

from __future__ import annotations

import pytest
from meshes import cluster, shift, snapshot, to
from way import AWAY, asked, outbound, reached, sni
from world import Manifests, World

from lab.api import ApiError

NAMED, OTHER, ADDRESS = "gateway.kind3.example.com", "second.kind3.example.com", "172.18.0.230"
TO_V3 = shift(to("kind2"), (to("kind3", version="v3"), 100))


@pytest.mark.parametrize(
    ("addresses", "kind"),
    [
        ([NAMED, OTHER], "STRICT_DNS"),
        ([NAMED, ADDRESS], "STRICT_DNS"),
        ([ADDRESS], "EDS"),
    ],
    ids=["two names", "a name and an address", "an address"],
)
def test_every_name_is_an_endpoint(world: World, addresses: list[str], kind: str) -> None:
    """Envoy resolves all names all the time and uses every address it finds, so a dead one costs no other."""
    gateway = {"addresses": addresses, "port": 31443, "container_port": 15443}
    world.hold(snapshot(kind2=cluster("172.18.0.220", "v1"), kind3=cluster(gateway, "v1", "v3")), TO_V3)
    client = world.client()
    for subset in ("", "version-v3"):
        found = client.clusters[outbound(subset=subset)]
        assert kind == found.kind
        assert sorted(f"{address}:31443" for address in addresses) == found.addresses
        assert {sni(subset=subset)} == asked(found)


def test_a_name_leads_to_the_pods(world: World) -> None:
    """The serving side is the same as with an address: no name of the outside world occurs in it."""
    world.hold(snapshot(kind2=cluster("172.18.0.220", "v1"), kind3=cluster(NAMED, "v1", "v3")), TO_V3)
    client, gateway = world.client(), world.gateway()
    assert "STRICT_DNS" == client.clusters[outbound()].kind
    assert ["reviews-v3:9080"] == reached(client.clusters[outbound(subset="version-v3")], gateway)
    assert ["reviews-v1:9080", "reviews-v3:9080"] == reached(client.clusters[outbound()], gateway)


def test_a_name_needs_dns(world: World) -> None:
    """The control: as STATIC, which addresses have, Istio refuses the name."""

    def static(manifests: Manifests) -> None:
        manifests["kind2", "ServiceEntry", f"istio-system/{AWAY}"]["spec"]["resolution"] = "STATIC"

    seen = snapshot(kind2=cluster("172.18.0.220", "v1"), kind3=cluster(NAMED, "v1", "v3"))
    with pytest.raises(ApiError, match="denied the request"):
        world.hold(seen, TO_V3, edit=static)
