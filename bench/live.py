"""`python -m bench live`: what a real mesh on this machine does; the tables of docs/performance.md between markers.

Each part brings up the mesh that it needs, measures, writes its own section of the page, and leaves the rest of the
page alone. Needs root, as every live mesh does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import click

from bench import live_change, live_failover, live_proxy, live_start, page
from lab.errors import LabError
from lab.mesh import network
from lab.shell import run

PARTS = ("start", "change", "proxy", "failover")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only this one; may be repeated.")
@click.option("--changes", default=100, show_default=True, help="Policy changes of each kind (change).")
@click.option("--sizes", default="10,50,200", show_default=True, help="Services in each cluster (proxy).")
@click.option("--runs", default=3, show_default=True, help="Runs of everything else.")
@click.option("--write/--no-write", default=True, help="Whether the sections go into docs/performance.md.")
def main(parts: Sequence[str], changes: int, sizes: str, runs: int, write: bool) -> None:
    """Measure a live mesh: start, policy changes, the size of proxies, failover."""
    if reason := network.why_not():
        raise LabError(f"no live mesh can run on this machine: {reason}")
    measures: Mapping[str, Callable[[], str]] = {
        "start": lambda: live_start.section(runs),
        "change": lambda: live_change.section(changes),
        "proxy": lambda: live_proxy.section([int(size) for size in sizes.split(",")], runs),
        "failover": lambda: live_failover.section(runs),
    }
    for part in parts or PARTS:
        begun = time.monotonic()
        click.echo(f"{part}:", err=True)
        text = page.signed(measures[part])
        click.echo(f"{part}: {time.monotonic() - begun:.0f} s\n", err=True)
        click.echo(text)
        if write:
            page.write(f"live {part}", text)


if __name__ == "__main__":
    run(main, "python -m bench.live")
