"""How long the SDK works on waiting for what a mesh registered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pulumi_kubernetes as k8s
import pytest

from meshhub_pulumi import Cluster, MeshSnapshot, TrafficPolicy, VirtualMesh
from meshhub_pulumi.testing import rehearse

SERVICES = 40


def program() -> None:
    """A timeout for each of many services."""
    names = [f"service-{number}" for number in range(SERVICES)]
    services = [{"name": name, "namespace": "shop", "ports": [{"name": "http", "port": 80}]} for name in names]
    snapshot = MeshSnapshot.model_validate({"clusters": {"east": {"services": services}}})
    with VirtualMesh("mesh", {"clusters": [Cluster("east", provider=k8s.Provider("east"))], "snapshot": snapshot}):
        for name in names:
            TrafficPolicy(name, {"destinations": [{"name": name, "namespace": "shop"}], "timeout": "1s"})


def test_waiting_does_not_grow_with_the_square_of_the_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    waited_for: list[int] = []
    wait = asyncio.wait

    async def counted(values: Sequence[Any], **options: Any) -> Any:
        waited_for.append(len(values))
        return await wait(values, **options)

    monkeypatch.setattr(asyncio, "wait", counted)
    done = rehearse(program)
    assert len(done.resources) > 2 * SERVICES
    assert sum(waited_for) <= SERVICES, f"{sum(waited_for)} values in {len(waited_for)} waits"
