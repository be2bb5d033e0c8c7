"""What is done to a mesh while requests are sent: the failures, and which host suffers from each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lab.mesh.pod import Pod
from lab.mesh.running import LiveMesh

PODS = ("reviews-v1", "reviews-v2", "reviews-v3")
"""What answers in the callers' own cluster, `c1`."""
ORDERS: Mapping[str, Sequence[str]] = {"home": ("c1", "c2", "c3"), "away": ("c2", "c3")}
"""The backings of two hosts, in the order in which they are to be tried."""

Deed = Callable[[LiveMesh], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Something that happens to the first backing of a host."""

    title: str
    order: str
    """Which of `ORDERS` the host has."""
    happens: Deed
    first: Deed | None = None
    """Done beforehand under the same load; what fails then does not count."""


def _at_once(deeds: Iterable[Callable[[], object]]) -> None:
    wanted = list(deeds)
    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        for done in [pool.submit(deed) for deed in wanted]:
            done.result()


def _local(mesh: LiveMesh) -> list[Pod]:
    return [mesh["c1"].pod(name) for name in PODS]


def _kill_local(mesh: LiveMesh) -> None:
    _at_once(pod.kill for pod in _local(mesh))


FAILURES = (
    Failure(
        title="one of three local pods killed",
        order="home",
        happens=lambda mesh: mesh["c1"].pod(PODS[0]).kill(),
    ),
    Failure(title="all local pods killed", order="home", happens=_kill_local),
    Failure(
        title="all local pods come back",
        order="home",
        first=_kill_local,
        happens=lambda mesh: _at_once(pod.start for pod in _local(mesh)),
    ),
    Failure(
        title="all local pods drained",
        order="home",
        happens=lambda mesh: _at_once(pod.drain for pod in _local(mesh)),
    ),
    Failure(
        title="gateway of the serving cluster killed",
        order="away",
        happens=lambda mesh: mesh["c2"].gateway().kill(),
    ),
    Failure(title="serving cluster killed", order="away", happens=lambda mesh: mesh["c2"].kill()),
    Failure(title="link of the serving cluster cut", order="away", happens=lambda mesh: mesh["c2"].cut()),
)
