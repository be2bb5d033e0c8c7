"""The checkout's own Pulumi program on clusters: `make up`, `make mesh` and `make down`.

Without a kubeconfig it uses the embedded clusters; with one, the clusters named by its contexts. `mesh` makes the
embedded clusters a live mesh first, and then asks it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console

from lab import down as take_down
from lab import up as bring_up
from lab.errors import LabError
from lab.folder import DEFAULT, LabFolder
from lab.progress import progress
from lab.start import STEPS
from meshhub_pulumi.kinds.traffic_policy import TrafficPolicyArgs
from meshhub_pulumi.model.destination import ServiceRef
from meshhub_pulumi.readers.files import read_snapshot
from meshhub_pulumi.readers.program import read_program
from tools import toolchain

CHECKOUT = Path(__file__).resolve().parents[1]
EXAMPLE = CHECKOUT / "examples" / "bookinfo"
STATES = CHECKOUT / ".pulumi-state"
STACK = "dev"
CLUSTERS = ("kind2", "kind3")
CALLER, URL = "productpage", "http://reviews:9080/"
KINDS = "virtualservices,destinationrules,serviceentries,gateways"

_kubeconfig = click.option(
    "--kubeconfig",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Clusters of your own: a kubeconfig with the contexts kind2 and kind3.",
)


@click.group()
def main() -> None:
    """Deploy examples/bookinfo with the real engine, to embedded clusters or to your own."""


@main.command()
@_kubeconfig
def up(kubeconfig: Path | None) -> None:
    """Apply the example and show what is in the clusters."""
    console = Console(highlight=False)
    environment = _environment(kubeconfig or _embedded(console), _state(kubeconfig))
    _deploy(environment)
    for cluster in CLUSTERS:
        console.print(f"\n[bold]{cluster}[/]", highlight=False)
        _run("kubectl", ["--context", cluster, "get", KINDS, "--all-namespaces"], environment)


@main.command()
@click.option("-n", "--count", default=2000, show_default=True, help="Requests to send.")
def mesh(count: int) -> None:
    """Make the embedded clusters a live mesh, apply the example, and count who answers real requests."""
    from lab.mesh.answers_table import answers_table
    from lab.mesh.bring_up import STEPS as MESH_STEPS
    from lab.mesh.bring_up import up as bring_up_mesh

    console = Console(highlight=False)
    _forget_removed_clusters()
    with progress(console, MESH_STEPS) as report:
        running = bring_up_mesh(read_snapshot(EXAMPLE / "snapshot.yaml"), folder=DEFAULT, report=report)
    _deploy(_environment(running.lab.kubeconfig, _state(None)))
    running.settle()
    caller = running[CLUSTERS[0]].pod(CALLER)
    answers = caller.call(URL, count)
    running.close()
    expected = _shares()
    console.print()
    console.print(answers_table(f"{count} requests from {CALLER} in {CLUSTERS[0]} to {URL}", answers, expected))
    try:
        answers.assert_all_answered()
        answers.assert_shares(expected)
    except AssertionError as difference:
        raise LabError(f"the mesh does not do what the example asks for: {difference}") from None
    console.print("\nTry it: `.venv/bin/python -m lab.mesh --help`; `make down` removes it.")


def _shares() -> dict[str, float]:
    """What the example asks for, by `version@cluster`."""
    policies = [spec.args for spec in read_program(EXAMPLE).specs if isinstance(spec.args, TrafficPolicyArgs)]
    return {
        f"{part.destination.subset['version']}@{part.destination.cluster}": float(part.weight)
        for policy in policies
        for part in policy.traffic_shift or ()
        if isinstance(part.destination, ServiceRef)
    }


@main.command()
@_kubeconfig
def down(kubeconfig: Path | None) -> None:
    """Take the example out of your own clusters again, or the embedded clusters away; may be repeated."""
    state = _state(kubeconfig)
    if kubeconfig is None:
        ended = take_down(DEFAULT)
        click.echo(f"{ended} processes ended" if ended else "no embedded clusters were running")
    elif state.is_dir():
        _pulumi(["destroy", "--yes", "--stack", STACK], _environment(kubeconfig, state))
    else:
        click.echo(f"nothing was deployed with {kubeconfig}")
    shutil.rmtree(state, ignore_errors=True)


def _state(kubeconfig: Path | None) -> Path:
    """Where the engine keeps what it deployed: one place for each target, or it would take one for the other."""
    if kubeconfig is None:
        return STATES / "embedded"
    return STATES / hashlib.sha256(str(kubeconfig.resolve()).encode()).hexdigest()[:12]


def _forget_removed_clusters() -> None:
    """New clusters hold nothing of what was deployed to others."""
    if not LabFolder.at(DEFAULT).is_lab():
        shutil.rmtree(_state(None), ignore_errors=True)


def _deploy(environment: Mapping[str, str]) -> None:
    _pulumi(["stack", "select", "--create", STACK], environment)
    # the embedded clusters may have been made anew since the last time: ask them what is really there
    _pulumi(["up", "--yes", "--refresh", "--stack", STACK], environment)


def _embedded(console: Console) -> Path:
    _forget_removed_clusters()
    with progress(console, STEPS) as report:
        running = bring_up(CLUSTERS, report=report)
    running.close()
    return running.kubeconfig


def _environment(kubeconfig: Path, state: Path) -> Mapping[str, str]:
    engine = toolchain.engine_environment(state / "home", state / "backend")
    environment = {**os.environ, **engine, "KUBECONFIG": str(kubeconfig.absolute())}
    if missing := [name for name in CLUSTERS if name not in _contexts(environment)]:
        raise LabError(
            f"{kubeconfig} has no context {' and no context '.join(missing)}",
            advice="Rename the contexts of your two clusters to kind2 and kind3.",
        )
    return environment


def _contexts(environment: Mapping[str, str]) -> list[str]:
    command = [str(toolchain.ensure(["kubectl"])["kubectl"]), "config", "view", "--output", "json"]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if shown.returncode:
        raise LabError(f"the kubeconfig cannot be read: {shown.stderr.strip()}")
    return [context["name"] for context in json.loads(shown.stdout).get("contexts") or ()]


def _pulumi(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    plain = () if sys.stdout.isatty() else ("--non-interactive",)
    _run("pulumi", [*plain, "--cwd", str(CHECKOUT), *arguments], environment)


def _run(program: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    path = toolchain.ensure([program])[program]
    if code := subprocess.run([path, *arguments], env=environment, check=False).returncode:
        verb = next(word for word in arguments if word in ("up", "destroy", "select", "get"))
        raise LabError(f"{program} {verb} failed with exit code {code}; what is wrong stands above")


if __name__ == "__main__":
    try:
        main()
    except (LabError, toolchain.ToolchainError) as error:
        raise SystemExit(f"Error: {error}") from None
