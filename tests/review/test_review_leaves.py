"""Completeness: whatever changes in a manifest is told, or it is known to change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sides import effect, side

from meshhub_pulumi.engine.compile import Compiled
from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.standard import compile_standard

CASES = Path(__file__).parents[1] / "cases"
SAMPLES = (
    "access/operations",
    "cors_policy/every_field",
    "failover/aggregate",
    "failover/subset",
    "fault_injection/every_field",
    "federation/accounts_and_locality",
    "global_access/enabled",
    "header_manipulation/every_field",
    "matches/source_clusters",
    "mirror/federated",
    "outlier_detection/federated",
    "retries/every_field",
    "strict_mtls/strict",
    "tls/modes",
    "traffic_shift/deck",
    "traffic_shift/multi_port",
)
MODES = [
    *((name, None) for name in SAMPLES),
    ("traffic_shift/deck", "smh-0.8"),
    ("failover/aggregate", "smh-0.8"),
    ("gateway_api/routes", "gateway-api"),
]

REQUIRED = ("name", "number")
"""Fields without which an item is none; no renderer leaves them out."""

MEANS_NOTHING = {
    "AuthorizationPolicy action removed": "permitting is what it does without",
    "DestinationRule subsets[].labels.cluster removed": "all endpoints of the host are in that cluster",
    "DestinationRule subsets[].name that no route uses": "nobody calls it by its name",
    "HTTPRoute rules[].backendRefs[].kind removed": "a Service is meant without",
    "HTTPRoute rules[].backendRefs[].namespace removed": "its own namespace is meant without",
    "HTTPRoute rules[].backendRefs[].port removed": "it is the port that requests come for, or the only one",
    "HTTPRoute rules[].filters[].requestMirror.backendRef.kind removed": "a Service is meant without",
    "HTTPRoute rules[].filters[].requestMirror.backendRef.namespace removed": "its own namespace is meant without",
    "HTTPRoute rules[].filters[].requestMirror.backendRef.port removed": "the only port is meant without",
    "HTTPRoute rules[].matches[].headers[].type removed": "exact is meant without",
    "HTTPRoute rules[].matches[].path.type removed": "a prefix is meant without",
    "ServiceEntry endpoints[].labels.cluster without subsets": "only subsets choose by it",
    "ServiceEntry endpoints[].labels.cluster without subsets removed": "only subsets choose by it",
    "ServiceEntry endpoints[].labels.failover.meshhub.io/tier-N": "tiers ask whether it is there",
    "ServiceEntry ports[].name without endpoints": "it does no more than lead endpoints to their ports",
    "ServiceEntry ports[].targetPort equal to its number removed": "without one it is the number",
    "VirtualService http[].route[].weight of one": "the only destination gets everything",
    "VirtualService http[].route[].weight of one removed": "the only destination gets everything",
}
"""Leaves that may change without an effect, and why."""


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every leaf."""
    if isinstance(tree, dict | list) and tree:
        for name, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from leaves(value, (*path, name))
    else:
        yield path


def mutants(manifest: Manifest, made: Compiled) -> Iterator[tuple[str, Manifest]]:
    """The object with each of its leaves changed, and with each removed, by the leaf's path without positions."""
    for path in leaves(manifest.body["spec"]):
        for remove in (False, True):
            body = deepcopy(manifest.body)
            inside: Any = body["spec"]
            for step in path[:-1]:
                inside = inside[step]
            if not path or (remove and path[-1] in REQUIRED):
                continue
            if remove:
                del inside[path[-1]]
            else:
                inside[path[-1]] = another(inside[path[-1]])
            text = "".join("[]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
            leaf = f"{manifest.key.kind} {re.sub(r'tier-[0-9]', 'tier-N', text)}{circumstance(manifest, path, made)}"
            yield leaf + " removed" * remove, replace(manifest, body=body)


def circumstance(manifest: Manifest, path: tuple[Any, ...], made: Compiled) -> str:
    """What makes a leaf mean nothing that means something elsewhere."""
    spec = manifest.body["spec"]
    match path:
        case ("http", index, "route", _, "weight") if len(spec["http"][index]["route"]) == 1:
            return " of one"
        case ("subsets", index, "name") if (spec["host"], spec["subsets"][index]["name"]) not in used(manifest, made):
            return " that no route uses"
        case ("ports", _, "name") if "endpoints" not in spec:
            return " without endpoints"
        case ("ports", index, "targetPort") if spec["ports"][index]["number"] == spec["ports"][index]["targetPort"]:
            return " equal to its number"
        case ("endpoints", _, "labels", "cluster") if not sliced(manifest, made):
            return " without subsets"
    return ""


def used(manifest: Manifest, made: Compiled) -> set[tuple[str, str]]:
    """The hosts and subsets that callers of the object's cluster send to, and all that it serves to others."""
    spec, cluster = manifest.body["spec"], manifest.key.cluster
    if spec["host"].endswith((f".{cluster}.global", ".meshhub.internal")):
        return {(spec["host"], subset["name"]) for subset in spec["subsets"]}
    routes = [m.body for key, m in made.manifests.items() if (key.kind, key.cluster) == ("VirtualService", cluster)]
    return {(x["host"], x["subset"]) for x in mappings(routes) if {"host", "subset"} <= x.keys()}


def sliced(manifest: Manifest, made: Compiled) -> bool:
    """Whether a host of a ServiceEntry has subsets."""
    rules = [
        m.body["spec"]
        for k, m in made.manifests.items()
        if (k.kind, k.cluster) == ("DestinationRule", manifest.key.cluster)
    ]
    return any(rule["host"] in manifest.body["spec"]["hosts"] and "subsets" in rule for rule in rules)


def mappings(tree: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a tree."""
    if isinstance(tree, dict):
        yield tree
    for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from mappings(value)


def another(value: Any) -> Any:
    """A different value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}1" if isinstance(value, str) else {"other": "1"}


def compiled_case(case: str, compat: str | None) -> Compiled:
    """What a golden case compiles to."""
    loaded = read([str(CASES / case / "mesh.yaml")])
    return compile_standard(loaded.specs, loaded.snapshot, compat)


@pytest.mark.parametrize(("case", "compat"), MODES)
def test_every_leaf_is_told(case: str, compat: str | None) -> None:
    """A leaf that is changed or removed has an effect, unless it is known to mean nothing."""
    base = compiled_case(case, compat)
    silent = {
        leaf
        for key, manifest in base.manifests.items()
        for leaf, mutant in mutants(manifest, base)
        if not effect(base, replace(side(base), manifests={**base.manifests, key: mutant}))
    }
    assert silent <= MEANS_NOTHING.keys()


@pytest.mark.parametrize(("case", "compat"), MODES)
def test_every_object_is_told(case: str, compat: str | None) -> None:
    """An object that goes has an effect."""
    base = compiled_case(case, compat)
    silent = [
        key
        for key in base.manifests
        if not effect(base, replace(side(base), manifests={k: v for k, v in base.manifests.items() if k != key}))
    ]
    assert [] == silent
