"""The order of applying: what serves is there before what calls it, and what permits before what refuses."""

from __future__ import annotations

import pytest
from make import access, compiled, failover, mesh, shift, to, traffic

from meshhub_pulumi.model.spec import Spec

DECK = (mesh(), traffic("a", traffic_shift=shift((to("west", subset={"version": "v1"}), 50), (to("east"), 50))))
GATEWAY_API = (
    mesh({"name": "east", "dialect": "gateway-api"}, "west"),
    traffic("a", traffic_shift=shift((to("west"), 50), (to("east"), 50))),
    traffic("b", outlier_detection={}),
)
MIRROR = (mesh(), traffic("a", mirror={"destination": to("west"), "percentage": 10}))
FAILOVER = (mesh(), failover("ha", "east", "west", clusters=["east"]))
SERVED = [
    f"{cluster} {kind} {name}"
    for cluster in ("east", "west")
    for kind, name in (
        ("Gateway", "istio-eastwestgateway-istio-system"),
        ("ServiceEntry", "ha.shop.global.failover.meshhub.internal"),
    )
]
AGGREGATE = (mesh(), failover("ha", "east", "west", clusters=["east"], mode="aggregate"))
FEDERATED = {
    "west ServiceEntry checkout.shop.svc.west.global": [
        "west DestinationRule checkout.shop.svc.west.global",
    ],
    "east DestinationRule checkout.shop.svc.west.global": [
        "west Gateway istio-eastwestgateway-istio-system",
        "west ServiceEntry checkout.shop.svc.west.global",
    ],
    "east ServiceEntry checkout.shop.svc.west.global": [
        "east DestinationRule checkout.shop.svc.west.global",
    ],
}
"""A host of west that east calls: both of its sides, in order."""
CLOSED = (mesh(global_access_policy="enabled"), access("a"))


@pytest.mark.parametrize(
    ("specs", "after"),
    [
        (
            GATEWAY_API,
            {
                **FEDERATED,
                "east HTTPRoute checkout-8080": [
                    "east DestinationRule checkout",
                    "east ServiceEntry checkout.shop.svc.west.global",
                ],
            },
        ),
        (
            DECK,
            {
                **FEDERATED,
                "east VirtualService checkout": [
                    "east ServiceEntry checkout.shop.svc.west.global",
                ],
            },
        ),
        (
            MIRROR,
            {
                **FEDERATED,
                "east VirtualService checkout": [
                    "east ServiceEntry checkout.shop.svc.west.global",
                ],
            },
        ),
        (
            FAILOVER,
            {
                "east DestinationRule ha.shop.global": SERVED,
                "east ServiceEntry ha.shop.global.failover.meshhub.internal": [
                    "east DestinationRule ha.shop.global.failover.meshhub.internal"
                ],
                "west ServiceEntry ha.shop.global.failover.meshhub.internal": [
                    "west DestinationRule ha.shop.global.failover.meshhub.internal"
                ],
                "east ServiceEntry ha.shop.global": ["east DestinationRule ha.shop.global"],
                "east ServiceEntry ha.shop.global-remote": ["east ServiceEntry ha.shop.global"],
                "east VirtualService ha.shop.global": ["east ServiceEntry ha.shop.global-remote"],
            },
        ),
        (
            AGGREGATE,
            {
                **FEDERATED,
                "east EnvoyFilter ha.shop.global": [
                    "east DestinationRule checkout",
                    "east ServiceEntry checkout.shop.svc.west.global",
                ],
                "east ServiceEntry ha.shop.global": ["east EnvoyFilter ha.shop.global"],
                "east VirtualService ha.shop.global": ["east ServiceEntry ha.shop.global"],
            },
        ),
        (
            CLOSED,
            {
                "east AuthorizationPolicy global-access-control": [
                    "east AuthorizationPolicy allow-ingress-gateway-istio-eastwestgateway-istio-system",
                ],
                "west AuthorizationPolicy global-access-control": [
                    "west AuthorizationPolicy allow-ingress-gateway-istio-eastwestgateway-istio-system",
                    "west AuthorizationPolicy checkout",
                ],
            },
        ),
    ],
)
def test_serving_comes_before_calling(specs: tuple[Spec, ...], after: dict[str, list[str]]) -> None:
    """An object follows all that its traffic needs, in other clusters too; what is left out follows from the rest."""
    made = {
        f"{key.cluster} {key.kind} {key.name}": sorted(f"{x.cluster} {x.kind} {x.name}" for x in manifest.after)
        for key, manifest in compiled(*specs).manifests.items()
    }
    assert {name: before for name, before in made.items() if before} == {
        name: sorted(before) for name, before in after.items()
    }


@pytest.mark.parametrize(
    ("specs", "known"),
    [
        (DECK, {"east VirtualService checkout": ["east ServiceEntry checkout.shop.svc.west.global"]}),
        (
            GATEWAY_API,
            {
                "east HTTPRoute checkout-8080": [
                    "east DestinationRule checkout",
                    "east ServiceEntry checkout.shop.svc.west.global",
                ]
            },
        ),
        (
            FAILOVER,
            {
                "east DestinationRule ha.shop.global": SERVED,
                "east VirtualService ha.shop.global": ["east ServiceEntry ha.shop.global-remote"],
            },
        ),
        (
            AGGREGATE,
            {
                "east EnvoyFilter ha.shop.global": [
                    "east DestinationRule checkout",
                    "east ServiceEntry checkout.shop.svc.west.global",
                ],
                "east VirtualService ha.shop.global": ["east ServiceEntry ha.shop.global"],
            },
        ),
        (CLOSED, {}),
    ],
)
def test_what_sends_needs_proxies_to_know(specs: tuple[Spec, ...], known: dict[str, list[str]]) -> None:
    """Routes, and hosts with several backings: requests follow them at once. What these need is known with its own."""
    made = {
        f"{key.cluster} {key.kind} {key.name}": sorted(f"{x.cluster} {x.kind} {x.name}" for x in manifest.known)
        for key, manifest in compiled(*specs).manifests.items()
    }
    assert {name: before for name, before in made.items() if before} == {
        name: sorted(before) for name, before in known.items()
    }
