"""Who waits for proxies to learn of a change, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from make import compiled, failover, mesh, shift, to, traffic

from meshhub_pulumi.components import _propagation
from meshhub_pulumi.components._propagation import Propagation
from meshhub_pulumi.model.manifest import Manifest, ManifestKey

SPECS = (mesh(), traffic("a", traffic_shift=shift((to("west"), 50), (to("east"), 50))))
SHARED = compiled(*SPECS).manifests
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
    return in_place(SHARED)


def in_place(manifests: Mapping[ManifestKey, Manifest]) -> Propagation:
    return Propagation("shop", "shop", "1500ms", manifests, {key: Registered() for key in manifests})  # type: ignore[dict-item]


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


@pytest.mark.parametrize("kind", ["ServiceEntry", "DestinationRule", "Gateway"])
def test_a_route_waits_for_what_serves_it(propagation: Propagation, waits: list[float], kind: str) -> None:
    """For the gateway and the host behind it, however far away."""
    change(propagation, SERVING[kind])
    arrive(propagation, CALLING["ServiceEntry"])
    assert [1.5] == waits


@pytest.mark.parametrize("kind", ["ServiceEntry", "DestinationRule"])
def test_a_route_waits_for_the_host_it_sends_to(propagation: Propagation, waits: list[float], kind: str) -> None:
    """In its own cluster too: Envoy uses a new route at once, and a new cluster only with its endpoints."""
    change(propagation, CALLING[kind])
    arrive(propagation, CALLING["ServiceEntry"])
    assert [1.5] == waits


def test_creations_are_noted_of_what_is_sent_to(propagation: Propagation) -> None:
    """What serves it comes with it, before it; a call for each object would make a first deployment slow."""
    noted = {key for key in SHARED if propagation.hooks(key, refusal).after_create}  # type: ignore[arg-type]
    assert {CALLING["ServiceEntry"]} == noted


def test_one_gateways_change_is_not_anothers(propagation: Propagation, waits: list[float]) -> None:
    """What is not needed may change."""
    change(propagation, CALLING["ServiceEntry"])
    arrive(propagation, SERVING["Gateway"])
    assert [] == waits


def test_only_what_sends_waits(propagation: Propagation) -> None:
    """Nobody calls a host of another cluster before a route does, so it follows what serves it without a wait."""
    assert any(isinstance(need, pulumi.Output) for need in _needs_in_a_loop(propagation, ROUTE))
    for key in [*SERVING.values(), *CALLING.values()]:
        assert all(isinstance(need, Registered) for need in propagation.needs(key)), key


def test_a_host_with_several_backings_sends_by_itself(waits: list[float]) -> None:
    """Another backing of a failover host may get requests as soon as the host names it."""
    made = compiled(mesh(), failover("ha", "east", "west", clusters=["east"])).manifests
    propagation = Propagation("shop", "shop", "1500ms", made, {key: Registered() for key in made})  # type: ignore[misc]
    rule = next(key for key in made if (key.kind, key.name) == ("DestinationRule", "ha.shop.global"))
    assert all(isinstance(need, pulumi.Output) for need in _needs_in_a_loop(propagation, rule))


def _needs_in_a_loop(propagation: Propagation, key: ManifestKey) -> list[Any]:
    async def needs() -> list[Any]:
        return list(propagation.needs(key))

    return asyncio.run(needs())


@pytest.mark.parametrize(
    ("dialect", "kind", "routes", "shares"),
    [("istio", "VirtualService", "http", "route"), ("gateway-api", "HTTPRoute", "rules", "backendRefs")],
)
def test_what_a_route_lets_go_of_stays_for_a_while(
    dialect: str, kind: str, routes: str, shares: str, waits: list[float]
) -> None:
    """Other weights let go of nothing; a destination less does."""
    manifests = compiled(*SPECS, compat=dialect).manifests
    key, propagation = next(key for key in manifests if key.kind == kind), in_place(manifests)
    before = manifests[key].body
    spec = before["spec"]
    lighter = {**spec, routes: [{**route, "timeouts": {"request": "9s"}} for route in spec[routes]]}
    change(propagation, key, before, {**before, "spec": lighter})
    asyncio.run(propagation._lets_go())
    assert [] == waits

    fewer = {**spec, routes: [{**route, shares: route[shares][1:]} for route in spec[routes]]}
    change(propagation, key, before, {**before, "spec": fewer})
    asyncio.run(propagation._lets_go())
    assert [1.5] == waits


@pytest.mark.parametrize("old", [{}, {"spec": {}}, {"spec": {"tcp": []}}])
def test_a_route_that_sent_nowhere_lets_go_of_nothing(
    propagation: Propagation, waits: list[float], old: Mapping[str, Any]
) -> None:
    """One that was imported just now, or that somebody has emptied by hand."""
    change(propagation, ROUTE, old, {"spec": SHARED[ROUTE].body["spec"]})
    asyncio.run(propagation._lets_go())
    assert [] == waits
