"""The mesh of the failover tests, as `live` in the place of the one that other live tests share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from meshhub_pulumi.model.snapshot import MeshSnapshot

SNAPSHOT = Path(__file__).parent / "snapshot.yaml"
NAMED = "named"
"""The gateway of c3 that has a DNS name in the place of an address."""


@pytest.fixture(scope="session")
def snapshot() -> MeshSnapshot:
    """What the mesh consists of."""
    return _snapshot()


@pytest.fixture(scope="session")
def by_address() -> MeshSnapshot:
    """The same without the gateway that has a name: what failover by tiers can use."""
    return _snapshot(lambda gateway: gateway.get("name") != NAMED)


@pytest.fixture(scope="session")
def by_name() -> MeshSnapshot:
    """The same, but c3 can be entered by its gateway with a name only."""
    return _snapshot(lambda gateway: gateway["addresses"] != ["172.18.1.3"])


def _snapshot(known: Any = lambda gateway: True) -> MeshSnapshot:
    clusters = yaml.safe_load(SNAPSHOT.read_text(encoding="utf-8"))["clusters"]
    for cluster in clusters.values():
        cluster["gateways"] = [gateway for gateway in cluster["gateways"] if known(gateway)]
    return MeshSnapshot.model_validate({"clusters": clusters})
