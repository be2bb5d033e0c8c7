"""Who waits for proxies to learn of a change, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from make import compiled, mesh, shift, to, traffic

from meshhub_pulumi.components import _propagation
from meshhub_pulumi.components._propagation import Propagation
from meshhub_pulumi.model.manifest import ManifestKey

SHARED = compiled(mesh(), traffic("a", traffic_shift=shift((to("west"), 50), (to("east"), 50)))).manifests
SERVING = {key.kind: key for key in SHARED if key.cluster == "west"}
CALLING = {key.kind: key for key in SHARED if key.cluster == "east" and "global" in key.name}
ROUTE = next(key for key in SHARED if key.kind == "VirtualService")


class Registered:
    """A resource that is in place already."""

    async def future(self) -> str:
        return "urn"

    @property
    def urn(self) -> Registered:
        return self


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited; nobody really waits, and time stands still."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(_propagation, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(_propagation, "time", SimpleNamespace(monotonic=lambda: 100.0))
    # the engine calls hooks; here the tests do
    monkeypatch.setattr(pulumi, "ResourceHook", lambda _name, callback: callback)
    return waited


@pytest.fixture
def propagation(waits: list[float]) -> Propagation:
    """That of the shared mesh, everything of which is in place."""
    return Propagation("shop", "1500ms", SHARED, {key: Registered() for key in SHARED})  # type: ignore[dict-item]


def refusal(_args: pulumi.ErrorHookArgs) -> bool:
    return False


def told(key: ManifestKey, old: Mapping[str, Any] | None = None, new: Mapping[str, Any] | None = None) -> Any:
    return SimpleNamespace(name=f"shop/{key}", old_inputs=old, new_inputs=new)


def change(propagation: Propagation, key: ManifestKey, *inputs: Mapping[str, Any]) -> None:
    """The engine has updated the object."""
    for hook in propagation.hooks(key, refusal).after_update or ():  # type: ignore[arg-type]
        hook(told(key, *inputs))


def arrive(propagation: Propagation, key: ManifestKey) -> None:
    asyncio.run(propagation._arrives(key))


def test_nothing_changed_nothing_waited_for(propagation: Propagation, waits: list[float]) -> None:
    arrive(propagation, SERVING["ServiceEntry"])
    asyncio.run(propagation._lets_go())
    assert [] == waits


@pytest.mark.parametrize("kind", ["ServiceEntry", "DestinationRule"])
def test_a_caller_waits_for_what_serves_it(propagation: Propagation, waits: list[float], kind: str) -> None:
    """For what it needs itself, and for what that needs in the serving cluster."""
    change(propagation, SERVING[kind])
    arrive(propagation, SERVING["ServiceEntry"])
    assert [1.5] == waits


def test_one_gateways_change_is_not_anothers(propagation: Propagation, waits: list[float]) -> None:
    """What a caller does not need may change."""
    change(propagation, SERVING["ServiceEntry"])
    arrive(propagation, SERVING["Gateway"])
    assert [] == waits


def test_within_a_cluster_nobody_waits(propagation: Propagation) -> None:
    """One istiod tells its proxies of all its changes, in an order in which none sends to what it does not know."""
    assert all(isinstance(need, Registered) for need in propagation.needs(ROUTE))
    assert any(isinstance(need, pulumi.Output) for need in _needs_in_a_loop(propagation, CALLING["DestinationRule"]))


def _needs_in_a_loop(propagation: Propagation, key: ManifestKey) -> list[Any]:
    async def needs() -> list[Any]:
        return list(propagation.needs(key))

    return asyncio.run(needs())


def test_what_a_route_lets_go_of_stays_for_a_while(propagation: Propagation, waits: list[float]) -> None:
    """Other weights let go of nothing; a destination less does."""
    spec = SHARED[ROUTE].body["spec"]
    lighter = {**spec, "http": [{**route, "timeout": "9s"} for route in spec["http"]]}
    change(propagation, ROUTE, {"spec": spec}, {"spec": lighter})
    asyncio.run(propagation._lets_go())
    assert [] == waits

    fewer = {**spec, "http": [{**route, "route": route["route"][1:]} for route in spec["http"]]}
    change(propagation, ROUTE, {"spec": spec}, {"spec": fewer})
    asyncio.run(propagation._lets_go())
    assert [1.5] == waits
