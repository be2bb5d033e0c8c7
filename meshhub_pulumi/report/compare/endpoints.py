"""Endpoints: what a host's ServiceEntries say becomes the places where its requests end up, in tiers.

Envoy tries an endpoint the earlier, the more leading failover priorities its labels fit; without any there is one tier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meshhub_pulumi.report.compare.effect import Tiers
from meshhub_pulumi.report.compare.leaves import labels_text, text_of
from meshhub_pulumi.report.compare.names import Names

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place: pods, whose further labels are not known, or an address with exactly these labels."""

    place: str
    labels: Mapping[str, str]
    pods: bool = False


def endpoints_of(namespace: str, spec: Spec, names: Names) -> Iterator[Endpoint]:
    """The endpoints of a ServiceEntry."""
    if "workloadSelector" in spec:
        targets = _ports({port["number"]: port.get("targetPort", port["number"]) for port in spec.get("ports", ())})
        labels = spec["workloadSelector"].get("labels", {})
        yield Endpoint(f"pods with {labels_text(labels)} in {namespace}, port {targets}", labels, pods=True)
    for endpoint in spec.get("endpoints", ()):
        own = endpoint.get("ports", {})
        ports = {x["number"]: own.get(x.get("name"), x.get("targetPort", x["number"])) for x in spec.get("ports", ())}
        place = f"{names.gateway(text_of(endpoint.get('address', '')))}:{_ports(ports)}"
        yield Endpoint(place, endpoint.get("labels", {}))


def _ports(targets: Mapping[int, int]) -> str:
    if len(set(targets.values())) == 1:
        return str(next(iter(targets.values())))
    return ", ".join(f"{number} to {target}" for number, target in sorted(targets.items()))


def tiers_of(endpoints: Sequence[Endpoint], priorities: Sequence[str], subset: Mapping[str, str]) -> Tiers:
    """The places of a host, or of a subset of it, in the order in which they are tried."""
    tiers: dict[int, set[str]] = {}
    for endpoint in endpoints:
        if not endpoint.pods and not subset.items() <= endpoint.labels.items():
            continue
        tiers.setdefault(_leading(endpoint, priorities), set()).add(endpoint.place)
    return tuple(", ".join(sorted(tiers[level])) for level in sorted(tiers, reverse=True))


def _leading(endpoint: Endpoint, priorities: Sequence[str]) -> int:
    for number, priority in enumerate(priorities):
        key, _, value = priority.partition("=")
        if endpoint.labels.get(key, "") != value:
            return number
    return len(priorities)
