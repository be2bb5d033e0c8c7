"""Failover hosts: one name for several services in order, as everything that calls or serves it needs to know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from meshhub_pulumi.model.finding import Finding, Owner
from meshhub_pulumi.model.fleet import ServiceKey
from meshhub_pulumi.model.nearness import NextRegions

FailoverMode = Literal["locality", "aggregate"]
"""How a failover host is made.

`locality`: the local pods and the other clusters' gateways are endpoints of one host, in tiers. `aggregate`: Envoy
joins the backing services' own hosts, by an EnvoyFilter.
"""

FailoverOrder = Literal["listed", "nearest"]
"""In which order the callers of a failover host try its backing services.

`listed`: all callers as they are named. `nearest`: each the one in its own cluster, then those in its zone, in its
region, in the regions that are said to be next, and all others; equally near ones as they are named.
"""

BACKING_SUFFIX = "failover.meshhub.internal"
"""Ends the hosts of backings, and no others: gateways serve what ends so, and must not serve what they import."""


def backing_name(hostname: str) -> str:
    """The host under which every backing of a failover host is served, where its endpoints are tiers.

    It differs from the failover host itself: under one name a gateway passed requests on to other clusters
    (measured: 82 of 200).
    """
    return f"{hostname}.{BACKING_SUFFIX}"


@dataclass(frozen=True, slots=True)
class FailoverHost:
    """The host of a failover service with everything resolved.

    `name` and `namespace` are those of the spec, `hostname` is what callers dial, at `port`. `backings` are the
    services behind it as the spec lists them, each with its own port; in which order callers try them, the view says
    (`failover_order`). `clients` are the clusters that may call it, sorted. Both are empty where the spec is wrong,
    as `wrong` says. `mode` is what the spec asks for; None leaves it to the dialect.
    """

    name: str
    namespace: str
    hostname: str
    port: int
    protocol: str
    backings: tuple[tuple[ServiceKey, int], ...]
    clients: tuple[str, ...]
    mode: FailoverMode | None
    order: FailoverOrder
    next_regions: tuple[NextRegions, ...]
    owner: Owner
    wrong: tuple[Finding, ...]

    @property
    def services(self) -> tuple[ServiceKey, ...]:
        """The services behind it, as the spec lists them."""
        return tuple(key for key, _ in self.backings)
