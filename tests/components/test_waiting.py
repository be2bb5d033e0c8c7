"""What the SDK waits for at the end of a program with a mesh."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from meshhub_pulumi import (
    ArgsError,
    Cluster,
    EastWestGateway,
    MeshSnapshot,
    TrafficPolicy,
    VirtualMesh,
    WeightedDestination,
    service,
)
from meshhub_pulumi.testing import rehearse

GATEWAY = "192.0.2.1"


def program(services: int, gateway: pulumi.Input[str] = GATEWAY) -> None:
    """Services of the cluster west whose requests in the cluster east all go there, through its gateway."""
    names = [f"service-{number}" for number in range(services)]
    port = {"name": "http", "port": 80}
    described = [{"name": n, "namespace": "shop", "selector": {"app": n}, "ports": [port]} for n in names]
    cluster = {"services": described}
    snapshot = MeshSnapshot.model_validate({"clusters": {"east": cluster, "west": cluster}})
    clusters = [
        Cluster("east", provider=k8s.Provider("east")),
        Cluster("west", provider=k8s.Provider("west"), gateway=EastWestGateway(address=gateway)),
    ]
    with VirtualMesh("mesh", {"clusters": clusters, "snapshot": snapshot}):
        for name in names:
            east, west = (service(name, "shop", cluster=cluster.name) for cluster in clusters)
            there = WeightedDestination(destination=west, weight=100)
            TrafficPolicy(name, {"destinations": [east], "traffic_shift": [there]})


def first_waited_for(services: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many values the SDK waits for when the program has ended."""
    counts: list[int] = []
    wait = asyncio.wait

    async def counted(values: Sequence[Any], **options: Any) -> Any:
        counts.append(len(values))
        return await wait(values, **options)

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "wait", counted)
        done = rehearse(lambda: program(services))
    assert len(done.resources) > 3 * services
    return counts[0]


def test_it_waits_for_few_more_values_in_a_larger_mesh(monkeypatch: pytest.MonkeyPatch) -> None:
    """One for each service, until routes may follow it, and not some for each object: their square is the time."""
    assert first_waited_for(25, monkeypatch) - first_waited_for(5, monkeypatch) <= 20


def test_every_failure_is_read(caplog: pytest.LogCaptureFixture) -> None:
    """A late value that many objects need fails once: nothing of it is left for Python to tell with a traceback."""
    with pytest.raises(ArgsError, match=r"gateway\.address: "):
        rehearse(lambda: program(5, pulumi.Output.from_input("no address at all")))
    gc.collect()
    assert [] == caplog.messages
