"""Fixtures for the tests that ask Istio itself what it makes of our objects.

A test that takes `world` has two running control planes, kind2 and kind3, with nothing in them but its mesh.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
for place in (CHECKOUT, Path(__file__).parent):  # `lab` and `tools` are not part of the wheel
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))

from world import World  # noqa: E402

import lab  # noqa: E402
from lab import crds  # noqa: E402
from lab.programs import http_route_crd  # noqa: E402


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs control planes."""
    for item in items:
        if Path(__file__).parent in item.path.parents and "world" in getattr(item, "fixturenames", ()):
            item.add_marker("clusters")


@pytest.fixture(scope="package")
def control_planes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Lab]:
    """kind2 and kind3, in whatever state the last test left them; tests take `world`."""
    with lab.embedded(["kind2", "kind3"], folder=tmp_path_factory.mktemp("oracle") / "lab") as running:
        yield running


@pytest.fixture(scope="package")
def http_routes(control_planes: lab.Lab) -> None:
    """Both control planes know HTTPRoutes."""
    for cluster in control_planes.values():
        cluster.api.apply(crds.read(http_route_crd()))


@pytest.fixture(scope="package")
def world(control_planes: lab.Lab) -> World:
    """Both control planes; they hold what the last test put there until the next one holds another mesh."""
    return World(control_planes)
