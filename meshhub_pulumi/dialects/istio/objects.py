"""Whole Istio objects from merged trees: what is a list in Istio is a mapping in the tree, so that it can be merged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from meshhub_pulumi.dialects.istio.route import http_routes
from meshhub_pulumi.model.plugin import Leaf, Tree


def virtual_service(tree: Tree) -> dict[str, Any]:
    """Hosts and ordered routes."""
    return {**_named(tree, "hosts", "exportTo"), "http": http_routes(tree["http"], tree["hosts"].value[0])}


def destination_rule(tree: Tree) -> dict[str, Any]:
    """The host, its traffic policy (mutual TLS unless a policy says otherwise) and its subsets by name."""
    policy = {"tls": {"mode": "ISTIO_MUTUAL"}, **tree.get("trafficPolicy", {})}
    whole = {**_named(tree, "host", "exportTo"), "trafficPolicy": policy}
    if tree.get("subsets"):
        whole["subsets"] = _list(tree["subsets"], "name")
    return whole


def service_entry(tree: Tree) -> dict[str, Any]:
    """Hosts, addresses, ports by number and endpoints in their order."""
    some = [] if has_no_address(tree) else ["addresses"]
    whole = _named(tree, "hosts", *some, "exportTo", "location", "resolution", "workloadSelector")
    whole |= _named(tree, "subjectAltNames", "ports")
    if "endpoints" in tree:
        whole["endpoints"] = [tree["endpoints"][key] for key in sorted(tree["endpoints"])]
    return whole


def has_no_address(tree: Tree) -> bool:
    """Whether a ServiceEntry is to have no address, not even one that istiod gives out."""
    return "addresses" in tree and tree["addresses"].value == []


def gateway(tree: Tree) -> dict[str, Any]:
    """The selector and one server for each port."""
    return {"selector": tree["selector"], "servers": [tree["servers"][port] for port in sorted(tree["servers"])]}


def authorization_policy(tree: Tree) -> dict[str, Any]:
    """Selector, action and a rule for each policy, in order of the policies' names."""
    whole = _named(tree, "selector", "action")
    if "rules" in tree:
        whole["rules"] = [tree["rules"][name] for name in sorted(tree["rules"])]
    return whole


def peer_authentication(tree: Tree) -> dict[str, Any]:
    """The mTLS mode."""
    return {"mtls": tree["mtls"]}


def envoy_filter(tree: Tree) -> dict[str, Any]:
    """Workload selector and patches, in order of their names."""
    patches = tree["configPatches"]
    return {**_named(tree, "workloadSelector"), "configPatches": [patches[name] for name in sorted(patches)]}


SPECS: Mapping[str, Callable[[Tree], dict[str, Any]]] = {
    "VirtualService": virtual_service,
    "DestinationRule": destination_rule,
    "ServiceEntry": service_entry,
    "Gateway": gateway,
    "AuthorizationPolicy": authorization_policy,
    "PeerAuthentication": peer_authentication,
    "EnvoyFilter": envoy_filter,
}


def _named(tree: Tree, *names: str) -> dict[str, Any]:
    return {name: tree[name] for name in names if name in tree}


def _list(tree: Tree, name: str) -> list[dict[str, Any]]:
    return [{name: Leaf(key, ()), **tree[key]} for key in sorted(map(str, tree))]
