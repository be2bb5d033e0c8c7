"""Meshes that refer in circles, to themselves, or to too much, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Change = Callable[[list[Any]], None]

_CART = {"name": "cart", "namespace": "shop", "cluster": "east"}
_EAST = {"name": "istiod-istio-system-east"}
_HA = {"failoverService": "ha", "namespace": "shop"}


def _policy(name: str, **spec: Any) -> dict[str, Any]:
    head = {"apiVersion": "meshhub.dev/v1alpha1", "kind": "TrafficPolicy"}
    return {**head, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def _adds(**spec: Any) -> Change:
    return lambda values: values.append(_policy("added", **spec))


def _sets(number: int, **fields: Any) -> Change:
    return lambda values: values[number]["spec"].update(fields)


def _of_itself(values: list[Any]) -> None:
    snapshot: Any = values[0]["clusters"]
    snapshot["east"]["objects"].append(values[0])


def _renames(values: list[Any]) -> None:
    values[0]["clusters"] = {"../../precious": values[0]["clusters"]["east"], **values[0]["clusters"]}


MESHES: dict[str, tuple[Change, str | None]] = {
    "a shift to itself": (_adds(destinations=[_CART], trafficShift=[{"destination": _CART, "weight": 100}]), None),
    "a mirror of itself": (_adds(destinations=[_CART], mirror={"destination": _CART}), None),
    "two shifts to each other": (
        lambda values: values.extend(
            _policy(name, destinations=[{**_CART, "name": one}], trafficShift=[{"destination": other, "weight": 100}])
            for name, one, other in (("x", "cart", {**_CART, "name": "menu"}), ("y", "menu", _CART))
        ),
        None,
    ),
    "a shift to the failover that it backs": (
        _adds(destinations=[{**_CART, "name": "menu"}], trafficShift=[{"destination": _HA, "weight": 100}]),
        None,
    ),
    "a failover that backs itself": (_sets(4, backingServices=[_HA]), "MH100"),
    "a failover in one cluster twice": (
        _sets(4, backingServices=[_CART, {**_CART, "name": "menu"}]),
        "MH121",
    ),
    "a failover called like a service": (_sets(4, hostname="cart.shop.svc.west.global"), "MH137"),
    "a failover without backing": (_sets(4, backingServices=[]), "MH100"),
    "two failovers of one host": (
        _sets(7, hostname="ha.shop.global", meshes=[_EAST]),
        "MH201",
    ),
    "a cluster twice in a mesh": (_sets(1, clusters=["east", "east", "west"]), "MH108"),
    "a cluster in two meshes": (
        lambda values: values.append({**values[1], "metadata": {"name": "second", "namespace": "shop"}}),
        "MH108",
    ),
    "a mesh of nothing": (_sets(1, clusters=[]), "MH100"),
    "a snapshot within itself": (_of_itself, "2"),
    "a cluster called like a path": (_renames, "MH100"),
    "a policy for everything": (_adds(timeout="1s"), "MH118"),
    "no snapshot at all": (lambda values: values.pop(0), "MH101"),
}
