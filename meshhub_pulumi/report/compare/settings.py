"""Settings: what the objects about a host say of connections to it, besides where its requests end up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from meshhub_pulumi.report.compare.leaves import leaves_of, text_of, without

Spec = Mapping[str, Any]

_TIERS = ("loadBalancer.localityLbSetting.enabled", "loadBalancer.localityLbSetting.failoverPriority")


def priorities_of(rule: Spec) -> list[str]:
    """The failover priorities of a DestinationRule; none where their order cannot be told."""
    setting = rule.get("trafficPolicy", {}).get("loadBalancer", {}).get("localityLbSetting", {})
    return setting.get("failoverPriority", []) if _in_tiers(setting) else []


def _in_tiers(setting: Spec) -> bool:
    """Whether the order can be told: priorities without a value compare with labels of the caller's own."""
    priorities = setting.get("failoverPriority", [])
    return setting.get("enabled") is True and bool(priorities) and all("=" in x for x in priorities)


def entry_settings(namespace: str, spec: Spec) -> Iterator[tuple[str, str]]:
    """What a ServiceEntry says besides where requests end up."""
    yield from _visible("visible to", namespace, spec)
    yield from ((f"port {port['number']}", text_of(port.get("protocol"))) for port in spec.get("ports", ()))
    if "addresses" in spec:
        yield "virtual IP", text_of(spec["addresses"])
    told = ("hosts", "addresses", "exportTo", "ports", "endpoints", "workloadSelector")
    yield from leaves_of(without(spec, *told))


def endpoint_settings(endpoint: Spec) -> Iterator[tuple[str, str]]:
    """What an endpoint says besides its place; labels choose subsets and tiers, and mean nothing else."""
    at = f"endpoint {text_of(endpoint.get('address', ''))}"
    rest = without(endpoint, "address", "ports", "labels")
    yield from ((f"{at} {path}", text) for path, text in leaves_of(rest))
    if mode := endpoint.get("labels", {}).get("security.istio.io/tlsMode"):
        yield f"{at} TLS mode", mode


def rule_settings(namespace: str, rule: Spec) -> Iterator[tuple[str, str]]:
    """What a DestinationRule says besides its subsets."""
    yield from _visible("settings visible to", namespace, rule)
    yield from policy_settings(rule)
    yield from leaves_of(without(rule, "host", "exportTo", "trafficPolicy", "subsets"))


def policy_settings(rule: Spec) -> Iterator[tuple[str, str]]:
    """The traffic policy of a DestinationRule or a subset."""
    policy = rule.get("trafficPolicy", {})
    in_tiers = _in_tiers(policy.get("loadBalancer", {}).get("localityLbSetting", {}))
    # their meaning is in the tiers
    yield from (pair for pair in leaves_of(policy) if not (in_tiers and pair[0] in _TIERS))


def route_settings(namespace: str, spec: Spec) -> Iterator[tuple[str, str]]:
    """What a VirtualService says besides its HTTP routes."""
    yield from _visible("routes visible to", namespace, spec)
    yield from leaves_of(without(spec, "hosts", "exportTo", "http"))


def _visible(name: str, namespace: str, spec: Spec) -> Iterator[tuple[str, str]]:
    """The namespaces whose proxies know of an object; nothing where all do."""
    exported = {namespace if x == "." else x for x in spec.get("exportTo", ("*",))}
    if "*" not in exported:
        yield name, f"only {', '.join(sorted(exported))}"
