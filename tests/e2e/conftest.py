"""Real clusters for all tests of this folder, a fresh stack for each; what a test leaves in the clusters is removed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
for place in (CHECKOUT, Path(__file__).parent):  # `lab` and `tools` are not part of the wheel
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))

from engine import Engine  # noqa: E402
from programs import program  # noqa: E402

import lab  # noqa: E402
from lab import crds  # noqa: E402
from lab.programs import http_route_crd  # noqa: E402
from tools import toolchain  # noqa: E402


@pytest.fixture(scope="package")
def clusters() -> Iterator[lab.Lab]:
    """kind2 and kind3 with Istio's validating webhook failing closed."""
    toolchain.ensure(["pulumi", "pulumi-language-python", "pulumi-resource-kubernetes"])
    with lab.embedded(["kind2", "kind3"]) as running:
        yield running


@pytest.fixture(scope="package")
def http_routes(clusters: lab.Lab) -> None:
    """Both clusters know HTTPRoutes."""
    for running in clusters.values():
        running.api.apply(crds.read(http_route_crd()))


@pytest.fixture
def make_engine(tmp_path: Path) -> Callable[..., Engine]:
    """Stacks in folders of their own, without clusters unless a kubeconfig is given."""
    made: list[Engine] = []

    def make(kubeconfig: Path | None = None) -> Engine:
        folder = tmp_path / f"stack{len(made)}"
        folder.mkdir()
        made.append(Engine(folder, kubeconfig))
        return made[-1]

    return make


@pytest.fixture
def offline(make_engine: Callable[..., Engine]) -> Engine:
    """A stack whose clusters cannot be reached: there is no kubeconfig."""
    return make_engine()


@pytest.fixture
def engine(make_engine: Callable[..., Engine], clusters: lab.Lab) -> Iterator[Engine]:
    """A stack on both clusters, with the deck's mesh as its program; the clusters are empty again after it."""
    stack = make_engine(clusters.kubeconfig)
    stack.write(program(), snapshot=(CHECKOUT / "examples/bookinfo/snapshot.yaml").read_text())
    yield stack
    for running in clusters.values():
        if not running.is_healthy:
            running.start()
        running.reset()
