"""What callers notice of failures, with both ways to fail over side by side: the same failure, at the same moment.

Each mode has a host of its own with the same backings, and a client with a proxy of its own in cluster c1, which
sends 100 requests a second whatever becomes of them. After each failure the mesh is made anew as far as that counts:
what broke is healed, and all objects are deleted and applied again, so that no ejection is left.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import click
import yaml

from bench.live_failures import FAILURES, ORDERS, PODS, Failure
from bench.live_mesh import PORT, Objects, objects, reference, snapshot, spec
from bench.page import middle_and_worst, table
from lab import wait
from lab.mesh.answers import Answers
from lab.mesh.live import mesh
from lab.mesh.load import Load
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec

MODES = ("locality", "aggregate")
SETTINGS = ("timeout", "retries", "outlierDetection", "connectionPool")
RATE = 100.0
"""Requests a second of each client."""
BEFORE, AFTER = 1.0, 5.0
"""Seconds for which requests are sent before a failure, and after it is complete."""
RECOVERED = 4.0
"""Seconds after which all requests follow an earlier failure."""
AT_THE_END = 1.0
"""Seconds at the end of a run that show who answers from then on."""
UNDER_WAY = 0.05
"""Seconds before the failure from which on requests count: it hits those that are under way, too."""

Runs = list[dict[str, "_Price"]]
"""Of one failure: in each run, by mode."""


class _Price(NamedTuple):
    requests: int
    failed: int
    last: float
    """Seconds from the failure to the last moment at which a failed request was due; 0 where none failed."""
    p99: float
    """Milliseconds."""
    then: frozenset[str]
    """The clusters that answer at the end, and how requests fail that still do."""
    reasons: str
    """What failed, in a few words."""


def section(runs: int) -> str:
    """The tables, after what the library wrote about retries and ejections."""
    seen = snapshot({"c1": (*PODS, *map(_client, MODES)), "c2": ("reviews-v1",), "c3": ("reviews-v1",)})
    wanted = objects(seen, _specs(seen))
    prices: dict[str, Runs] = {failure.title: [] for failure in FAILURES}
    with mesh(seen) as running:
        for number in range(runs):
            for failure in FAILURES:
                running.apply(wanted)
                price = _suffered(running, failure)
                prices[failure.title].append(price)
                told = "; ".join(f"with {mode} {each.reasons}" for mode, each in price.items())
                click.echo(f"  {failure.title}, {number + 1} of {runs}: failed {told}", err=True)
                running.reset()
    settings = {mode: _settings(wanted, mode) for mode in MODES}
    written = yaml.safe_dump(settings, sort_keys=False, default_flow_style=None, width=110)
    return f"Settings, as written:\n\n```yaml\n{written}```\n\nMedian (worst) of {runs} runs:\n\n{_table(prices)}"


def _specs(seen: MeshSnapshot) -> Iterator[Spec]:
    yield spec("VirtualMesh", "bench", clusters=list(seen.clusters), strictMtls=True)
    for mode in MODES:
        for order, clusters in ORDERS.items():
            yield spec(
                "FailoverService",
                f"{order}-{mode}",
                hostname=_host(order, mode),
                port={"number": PORT},
                backingServices=[reference(cluster) for cluster in clusters],
                clusters=["c1"],
                mode=mode,
            )


def _host(order: str, mode: str) -> str:
    return f"{order}.{mode}.global"


def _client(mode: str) -> str:
    return f"client-{mode}"


def _suffered(running: LiveMesh, failure: Failure) -> dict[str, _Price]:
    """What both clients noticed."""
    _await_order(running, failure)
    with ExitStack() as sending:
        loads: dict[str, Load] = {}
        for mode in MODES:
            client = running["c1"].pod(_client(mode))
            loads[mode] = sending.enter_context(client.load(_url(failure, mode), RATE))
        _run_for(loads, BEFORE)
        if failure.first:
            failure.first(running)
            _run_for(loads, RECOVERED)
        event = time.monotonic()
        failure.happens(running)
        _run_for(loads, AFTER)
        over = time.monotonic()
    return {
        mode: _price(load.answers.since(event - UNDER_WAY).before(over), event, over) for mode, load in loads.items()
    }


def _await_order(running: LiveMesh, failure: Failure) -> None:
    """Return when all is well: the first backing answers everything."""
    expected = {ORDERS[failure.order][0]}

    def unexpected() -> str:
        for mode in MODES:
            answers = running["c1"].pod(_client(mode)).call(_url(failure, mode), n=20)
            if _answering(answers) != expected:
                return f"{mode}: {answers!r}"
        return ""

    wait.until(f"answers from {expected}", unexpected)


def _url(failure: Failure, mode: str) -> str:
    return f"http://{_host(failure.order, mode)}:{PORT}/"


def _run_for(loads: Mapping[str, Load], seconds: float) -> None:
    """Let all of them go on for so long."""
    deadline = time.monotonic() + seconds
    for load in loads.values():
        load.run_for(max(0.0, deadline - time.monotonic()))


def _price(answers: Answers, event: float, over: float) -> _Price:
    last = max((answer.due - event for answer in answers.failed), default=0.0)
    return _Price(
        requests=len(answers),
        failed=len(answers.failed),
        last=max(0.0, last),
        p99=1000 * answers.latency.p99,
        then=_answering(answers.since(over - AT_THE_END)),
        reasons=", ".join(f"{count} {reason}" for reason, count in answers.reasons.most_common()) or "nothing",
    )


def _answering(answers: Answers) -> frozenset[str]:
    return frozenset(answer.reason or (answer.seen.cluster if answer.seen else "a proxy") for answer in answers)


def _settings(wanted: Objects, mode: str) -> dict[str, Any]:
    """What was written for the callers of a host."""
    host = _host("home", mode)
    ruled = host if mode == "locality" else "reviews.default.svc.cluster.local"  # aggregate has the backings' own rules
    specs = [manifest["spec"] for manifest in wanted["c1"]]
    (route,) = (each["http"][0] for each in specs if "http" in each and host in each["hosts"])
    (policy,) = (each["trafficPolicy"] for each in specs if each.get("host") == ruled)
    chosen = {**route, **policy}
    return {name: chosen[name] for name in SETTINGS if name in chosen}


def _table(prices: Mapping[str, Runs]) -> str:
    rows = [[title, mode, *_cells([run[mode] for run in runs])] for title, runs in prices.items() for mode in MODES]
    return table(("", "mode", "requests", "failed", "last failure, s", "p99, ms", "then answered by"), rows)


def _cells(found: Sequence[_Price]) -> Sequence[str]:
    some_failed = any(price.failed for price in found)
    return (
        f"{statistics.median(price.requests for price in found):.0f}",
        middle_and_worst([price.failed for price in found], "{:.0f}".format),
        middle_and_worst([price.last for price in found], _when) if some_failed else "-",
        middle_and_worst([price.p99 for price in found], "{:.0f}".format),
        ", ".join(sorted(frozenset[str]().union(*(price.then for price in found)))),
    )


def _when(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds else "-"
