"""A late value may be a secret: what is wrong with it is told by its path, never by the value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pulumi
import pulumi_kubernetes as k8s
import pytest

import meshhub_pulumi
from meshhub_pulumi import (
    ArgsError,
    Cluster,
    EastWestGateway,
    FailoverService,
    FailoverServiceArgs,
    MeshSnapshot,
    TrafficPolicy,
    TrafficPolicyArgs,
    VirtualMesh,
    VirtualMeshArgs,
    WeightedDestination,
    service,
)
from meshhub_pulumi.model.late import _MayBeLate
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.testing import rehearse

SECRET = "hunter2"
WRONG: tuple[Any, ...] = (
    "hunter2 hunter2",
    "https://hunter2",
    "hunter2.internal.example:443",
    "hunter2\n",
    "hunter2" * 40,
    ["hunter2"],
    {"hunter2": "hunter2"},
    {"address": "hunter2"},
    22222,
    2.2222,
    True,
    None,
)
NAME = "hunter2.internal.example"
GATEWAYS: dict[str, tuple[str, ...]] = {
    "EastWestGateway.address": ("address",),
    "EastWestGateway.addresses": ("addresses[0]", "addresses[1]"),
}
"""Every field that takes a late value, with the places in it that are tried."""
PLACES = [place for places in GATEWAYS.values() for place in places]


def late_fields(model: type[MeshModel] = MeshModel) -> Iterator[str]:
    """Every field of every model below that takes a late value."""
    for below in model.__subclasses__():
        for name, field in below.model_fields.items():
            if _takes_late([field.annotation, *field.metadata]):
                yield f"{below.__name__}.{name}"
        yield from late_fields(below)


def _takes_late(parts: list[Any]) -> bool:
    return any(
        isinstance(part, _MayBeLate) or _takes_late([*get_args(part), *getattr(part, "__metadata__", ())])
        for part in parts
    )


def gateway(place: str, value: Any, beside: str = "192.0.2.2") -> EastWestGateway:
    """A gateway with a late secret for one of its addresses."""
    late = pulumi.Output.secret(value)
    match place:
        case "address":
            return EastWestGateway(address=late)
        case "addresses[0]":
            return EastWestGateway(addresses=[late, beside])
        case _:
            return EastWestGateway(addresses=[beside, late])


def program(west: EastWestGateway, *, failover: bool = False) -> None:
    """Half of web's requests in east go to west, whose gateway is reached by the secret; or they fail over to it."""
    port = {"name": "http", "port": 80}
    described = {"name": "web", "namespace": "shop", "selector": {"app": "web"}, "ports": [port]}
    snapshot = MeshSnapshot.model_validate({"clusters": {name: {"services": [described]} for name in ("east", "west")}})
    doors = {"east": EastWestGateway(address="192.0.2.1"), "west": west}
    clusters = [Cluster(name, provider=k8s.Provider(name), gateway=door) for name, door in doors.items()]
    webs = [service("web", "shop", cluster=name) for name in doors]
    with VirtualMesh("shop", VirtualMeshArgs(clusters=clusters, snapshot=snapshot)):
        if failover:
            host = {"hostname": "web.shop.global", "port": {"number": 80}}
            FailoverService("web", FailoverServiceArgs(**host, backing_services=webs))
        else:
            halves = [WeightedDestination(web, weight=50) for web in webs]
            TrafficPolicy("web", TrafficPolicyArgs(destinations=webs[:1], traffic_shift=halves))


def test_every_late_field_is_tried() -> None:
    assert meshhub_pulumi.__all__  # all models are imported
    assert set(GATEWAYS) == set(late_fields())


@pytest.mark.parametrize("failover", [False, True], ids=["shift", "failover"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", WRONG, ids=ascii)
def test_what_does_not_fit(value: Any, place: str, failover: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A value of another form is refused when it arrives."""
    with pytest.raises(ArgsError, match=r"^VirtualMesh 'shop': ") as raised:
        rehearse(lambda: program(gateway(place, value), failover=failover))
    _told_without(raised.value, place, caplog)


@pytest.mark.parametrize("place", PLACES)
def test_a_name_for_a_failover(place: str, caplog: pytest.LogCaptureFixture) -> None:
    """An address that fits its field, and not what it is needed for."""
    with pytest.raises(ArgsError, match=r"needs gateways with IP addresses, not DNS names$") as raised:
        rehearse(lambda: program(gateway(place, NAME), failover=True))
    _told_without(raised.value, place, caplog)


@pytest.mark.parametrize("place", GATEWAYS["EastWestGateway.addresses"])
def test_a_name_beside_an_ipv6_address(place: str, caplog: pytest.LogCaptureFixture) -> None:
    """Two addresses that fit their fields, and not each other."""
    with pytest.raises(ArgsError, match=r"IPv6 addresses cannot stand beside DNS names$") as raised:
        rehearse(lambda: program(gateway(place, NAME, beside="fd00::1")))
    _told_without(raised.value, place, caplog)


def _told_without(error: ArgsError, place: str, caplog: pytest.LogCaptureFixture) -> None:
    said = "\n".join([str(error), repr(error), *map(str, error.problems), caplog.text])
    assert f"clusters[1].gateway.{place}: " in said
    assert SECRET not in said
    assert "222" not in said
