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
MODES = [*((name, None) for name in SAMPLES), ("traffic_shift/deck", "smh-0.8"), ("failover/aggregate", "smh-0.8")]

REQUIRED = ("name", "number")
"""Fields without which an item is none; no renderer leaves them out."""

MEANS_NOTHING = {
    "AuthorizationPolicy action removed": "permitting is what it does without",
    "DestinationRule subsets[].labels.cluster removed": "all endpoints of the host are in that cluster",
    "DestinationRule subsets[].name": "no route of the sample sends to it",
    "ServiceEntry endpoints[].labels.cluster": "no subset of the sample chooses by it",
    "ServiceEntry endpoints[].labels.cluster removed": "no subset of the sample chooses by it",
    "ServiceEntry endpoints[].labels.failover.meshhub.io/tier-N": "tiers ask whether it is there",
    "ServiceEntry ports[].name": "it leads endpoints to their ports; without endpoints it is no more than a name",
    "ServiceEntry ports[].targetPort removed": "it is the port's own number",
    "VirtualService http[].route[].weight": "it is the only destination",
    "VirtualService http[].route[].weight removed": "it is the only destination",
}
"""Leaves that may change without an effect, and why."""


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every leaf."""
    if isinstance(tree, dict | list) and tree:
        for name, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from leaves(value, (*path, name))
    else:
        yield path


def mutants(manifest: Manifest) -> Iterator[tuple[str, Manifest]]:
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
            leaf = f"{manifest.key.kind} {re.sub(r'tier-[0-9]', 'tier-N', text)}"
            yield leaf + " removed" * remove, replace(manifest, body=body)


def another(value: Any) -> Any:
    """A different value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}1" if isinstance(value, str) else {"other": "1"}


def made(case: str, compat: str | None) -> Compiled:
    """What a golden case compiles to."""
    loaded = read([str(CASES / case / "mesh.yaml")])
    return compile_standard(loaded.specs, loaded.snapshot, compat)


@pytest.mark.parametrize(("case", "compat"), MODES)
def test_every_leaf_is_told(case: str, compat: str | None) -> None:
    """A leaf that is changed or removed has an effect, unless it is known to mean nothing."""
    base = made(case, compat)
    silent = {
        leaf
        for key, manifest in base.manifests.items()
        for leaf, mutant in mutants(manifest)
        if not effect(base, replace(side(base), manifests={**base.manifests, key: mutant}))
    }
    assert silent <= MEANS_NOTHING.keys()


@pytest.mark.parametrize(("case", "compat"), MODES)
def test_every_object_is_told(case: str, compat: str | None) -> None:
    """An object that goes has an effect."""
    base = made(case, compat)
    silent = [
        key
        for key in base.manifests
        if not effect(base, replace(side(base), manifests={k: v for k, v in base.manifests.items() if k != key}))
    ]
    assert [] == silent
