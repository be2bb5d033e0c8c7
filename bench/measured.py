"""One command on one core: how long it takes, how much work it is, and how much memory it needs."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lab.errors import LabError

_LAUNCHER = """
import json, os, pathlib, resource, subprocess, sys, time
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
begun = time.monotonic()
code = subprocess.call(sys.argv[2:])
wall, used = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
pathlib.Path(sys.argv[1]).write_text(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
sys.exit(code)
"""
"""Linux counts the peak of a process from what its parent held when it was started: a small one stands between."""

PRINTED = "printed"


class Cost(NamedTuple):
    """Seconds until the end, seconds of processors, and MiB of the largest of the processes at its peak."""

    wall: float
    cpu: float
    memory: float


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """What the command costs, its children included, held on one core; what it prints is in a file of the folder."""
    cost, printed, told = folder / "cost", folder / PRINTED, folder / "told"
    with printed.open("wb") as output, told.open("wb") as errors:
        launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(cost), *command]
        code = subprocess.call(launch, cwd=folder, env=environment, stdout=output, stderr=errors)
    if code:
        raise LabError(f"{' '.join(command)[:200]} ended with {code}: {told.read_text()[-2000:]}", advice="Mend it.")
    return Cost(*json.loads(cost.read_text()))


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(*map(statistics.median, zip(*costs, strict=True)))
