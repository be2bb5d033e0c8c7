"""`python -m lab`: real control planes on this machine, for trying things and for tests."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from lab.errors import LabError
from lab.folder import LabFolder
from lab.shell import MIB, run
from lab.shell import folder as folder_option


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Real Kubernetes control planes with Istio on this machine: plain processes on loopback.

    Per cluster: etcd, kube-apiserver, kube-controller-manager, Istio's kinds, and istiod with its validating
    webhook failing closed. No root, no containers, no nodes: objects are stored and validated, nothing runs
    behind them.
    """


@main.command()
@click.argument("names", nargs=-1, metavar="[CLUSTER]...")
@folder_option
@click.option("--istiod/--no-istiod", default=True, help="Whether istiod validates Istio objects.")
@click.option(
    "--trust-domain",
    "trust_domains",
    multiple=True,
    metavar="CLUSTER=DOMAIN",
    help="A cluster's trust domain; may be repeated.  [default: cluster.local]",
)
def up(names: tuple[str, ...], folder: Path, istiod: bool, trust_domains: tuple[str, ...]) -> None:
    """Start clusters in the background, or those that do not work again.

    Without names: all clusters that the lab already has.
    """
    from lab.bring_up import up as bring_up
    from lab.progress import progress
    from lab.start import STEPS

    begun = time.monotonic()
    with progress(Console(), STEPS if istiod else STEPS[:-2]) as report:
        running = bring_up(names, folder=folder, istiod=istiod, trust_domains=_pairs(trust_domains), report=report)
    click.echo(f"{', '.join(running)} ready after {time.monotonic() - begun:.1f} s\n")
    click.echo(f"  export KUBECONFIG={shlex.quote(str(running.kubeconfig))}")
    for name in running:
        click.echo(f"  kubectl --context {name} get namespaces")
    running.close()


@main.command()
@folder_option
def status(folder: Path) -> None:
    """Show every process with its health; exit code 1 when something does not work."""
    from lab.cluster import cluster_of
    from lab.health import health
    from lab.state import read_state

    lab = LabFolder.at(folder)
    lab.refuse_foreign()
    states = [state for state in read_state(lab).values() if state.base is not None]
    if not states:
        raise LabError(f"no lab in {lab.path}", advice="Start one with `python -m lab up kind2 kind3`.")
    verdicts = [verdict for state in states for verdict in health(cluster_of(lab, state))]
    table = Table(box=None, pad_edge=False)
    for title, justify in (("cluster", "left"), ("program", "left"), ("pid", "right")):
        table.add_column(title, justify="right" if justify == "right" else "left")
    table.add_column("ports")
    table.add_column("MiB", justify="right")
    table.add_column("health", overflow="fold")
    for verdict in verdicts:
        table.add_row(
            verdict.cluster,
            verdict.program,
            str(verdict.pid or "-"),
            _ports(verdict.ports),
            str(verdict.resident_bytes // MIB),
            f"[red]{verdict.trouble}[/]" if verdict.trouble else "[green]healthy[/]",
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    total = sum(verdict.resident_bytes for verdict in verdicts) // MIB
    click.echo(f"\n{total} MiB in all; KUBECONFIG={lab.kubeconfig}")
    if any(verdict.trouble for verdict in verdicts):
        raise SystemExit(1)


@main.command()
@folder_option
def down(folder: Path) -> None:
    """End everything that the lab started and remove its folder; may be repeated."""
    from lab.take_down import down as take_down

    begun = time.monotonic()
    ended = take_down(folder)
    seconds = time.monotonic() - begun
    click.echo(f"{ended} processes ended in {seconds:.1f} s" if ended else "nothing was running")


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, separator, domain = text.partition("=")
        if not (name and separator and domain):
            raise click.BadParameter(f"{text!r} is not CLUSTER=DOMAIN", param_hint="--trust-domain")
        pairs[name] = domain
    return pairs


def _ports(ports: tuple[int, ...]) -> str:
    return str(ports[0]) if len(ports) == 1 else f"{ports[0]}-{ports[-1]}"


if __name__ == "__main__":
    run(main, "python -m lab")
