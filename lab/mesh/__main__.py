"""`python -m lab.mesh`: a real multi-cluster mesh on this machine, for trying things by hand."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from lab.errors import LabError
from lab.mesh.answers import Answers
from lab.mesh.answers_table import answers_table
from lab.mesh.bring_up import STEPS, attach
from lab.mesh.bring_up import up as bring_up
from lab.mesh.pod import Pod
from lab.mesh.running import LiveCluster, LiveMesh
from lab.progress import progress
from lab.shell import folder as folder_option
from lab.shell import run

GATEWAY = "gateway"
"""As a pod's name: the cluster's only gateway."""

_from = click.argument("caller", metavar="FROM")
_url = click.argument("url")
_headers = click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="May be repeated.")
_method = click.option("--method", default="GET", show_default=True)
_at = click.option("--at", metavar="ADDRESS[:PORT]", help="Where to connect, whatever the URL's name means.")
_fresh = click.option("--fresh", is_flag=True, help="A new connection for each request.")
_greeted = click.option("--greeted", is_flag=True, help="The server of TCP speaks first: wait for that.")
_timeout = click.option("--timeout", default=5.0, show_default=True, help="Seconds of one request.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A real multi-cluster mesh on this machine: real istiods, real Envoys, real requests; no containers.

    FILE is a MeshSnapshot: its clusters, services, workloads and gateways become real, in network namespaces of
    their own. FROM and TARGET name a pod as CLUSTER/POD (the gateway: CLUSTER/gateway); a TARGET may also be a whole
    CLUSTER. Needs root; `python -m lab` has control planes without it.
    """


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@folder_option
def up(file: Path, folder: Path) -> None:
    """Bring a mesh up, or what of it does not work."""
    from meshhub_pulumi.model.error import MeshError
    from meshhub_pulumi.readers.files import read_snapshot

    try:
        snapshot = read_snapshot(file)
    except MeshError as problem:
        raise LabError(str(problem)) from None
    begun = time.monotonic()
    with progress(Console(), STEPS) as report:
        mesh = bring_up(snapshot, folder=folder, report=report)
    click.echo(f"{', '.join(mesh)} ready after {time.monotonic() - begun:.1f} s: {len(mesh.pods)} pods\n")
    click.echo(f"  export KUBECONFIG={mesh.lab.kubeconfig}")
    mesh.close()


@main.command()
@folder_option
def status(folder: Path) -> None:
    """Show every pod; exit code 1 when one does not work or a proxy refused its configuration."""
    mesh = attach(folder)
    with ThreadPoolExecutor(max_workers=8) as pool:
        troubles = list(pool.map(_trouble, mesh.pods))
    table = Table(box=None, pad_edge=False)
    for title in ("cluster", "pod", "what", "address", "health"):
        table.add_column(title, overflow="fold")
    for pod, trouble in zip(mesh.pods, troubles, strict=True):
        health = f"[red]{trouble}[/]" if trouble else "[green]healthy[/]"
        table.add_row(pod.plan.cluster, pod.plan.key, pod.plan.role.value, pod.address, health)
    rejections = mesh.rejections()
    mesh.close()
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    for rejection in rejections:
        click.echo(f"refused: {rejection}")
    if rejections or any(troubles):
        raise SystemExit(1)


@main.command()
@_from
@_url
@click.option("-n", "--count", default=1, show_default=True, help="Requests, one after the other.")
@_headers
@_method
@_at
@_fresh
@_greeted
@_timeout
@folder_option
def call(caller: str, url: str, count: int, folder: Path, **options: Any) -> None:
    """Send requests from inside a pod and show who answered; exit code 1 when one failed."""
    mesh = attach(folder)
    _show(url, _pod(mesh, caller).call(url, count, **_options(options)))


@main.command()
@_from
@_url
@click.option("--rate", default=100.0, show_default=True, help="Requests a second.")
@click.option("--seconds", default=10.0, show_default=True)
@click.option("--kill", "targets", multiple=True, metavar="TARGET", help="Kill it meanwhile; may be repeated.")
@click.option("--kill-after", default=2.0, show_default=True, metavar="SECONDS")
@_headers
@_method
@_at
@_fresh
@_greeted
@_timeout
@folder_option
def load(
    caller: str,
    url: str,
    rate: float,
    seconds: float,
    targets: Sequence[str],
    kill_after: float,
    folder: Path,
    **options: Any,
) -> None:
    """Send requests at a rate, whatever becomes of them; exit code 1 when one failed."""
    mesh = attach(folder)
    victims = [_target(mesh, name) for name in targets]
    event = None
    with _pod(mesh, caller).load(url, rate, **_options(options)) as running:
        if victims:
            running.run_for(min(kill_after, seconds))
            event = time.monotonic()
            _each(victims, "kill")
            running.run_for(max(0.0, seconds - kill_after))
        else:
            running.run_for(seconds)
    if event is not None:
        last = running.answers.last_failure_after(event)
        click.echo(
            f"killed: {', '.join(targets)}; " + ("no failure" if last is None else f"last failure {last:.2f} s later")
        )
    _show(url, running.answers)


def _disturbance(verb: str, text: str) -> None:
    """Add a command that does `verb` to its targets."""

    @main.command(name=verb, help=text)
    @click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
    @folder_option
    def disturb(targets: Sequence[str], folder: Path) -> None:
        mesh = attach(folder)
        _each([_target(mesh, name) for name in targets], verb)
        mesh.close()


for _verb, _text in (
    ("kill", "End pods or whole clusters at once, as a failing machine does."),
    ("cut", "Take the link of pods or clusters down: what is sent to them disappears."),
):
    _disturbance(_verb, _text)


@main.command()
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@folder_option
def drain(targets: Sequence[str], folder: Path) -> None:
    """Take pods out of service as a planned shutdown does, then end them."""
    mesh = attach(folder)
    _each([_pod(mesh, name) for name in targets], "drain")
    mesh.close()


@main.command()
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@folder_option
def heal(targets: Sequence[str], folder: Path) -> None:
    """Make pods or clusters run and serve again, all of them when none is named."""
    mesh = attach(folder)
    for target in [_target(mesh, name) for name in targets] or list(mesh.values()):
        if isinstance(target, Pod):
            target.mend()
            target.start()
        else:
            target.heal()
    mesh.settle()
    mesh.close()


@main.command()
@folder_option
def down(folder: Path) -> None:
    """End everything and remove it, namespaces and folder; may be repeated."""
    from lab.take_down import down as take_down

    ended = take_down(folder)
    click.echo(f"{ended} processes ended" if ended else "nothing was running")


def _trouble(pod: Pod) -> str:
    if not pod.has_started:
        return "does not run"
    try:
        return pod.unready()
    except LabError as problem:
        return problem.message


def _target(mesh: LiveMesh, name: str) -> Pod | LiveCluster:
    """A cluster, or a pod as CLUSTER/POD."""
    cluster, _, pod = name.partition("/")
    if cluster not in mesh:
        raise LabError(f"there is no cluster {cluster!r}", advice=f"There are {', '.join(mesh)}.")
    if not pod:
        return mesh[cluster]
    known = {each.name for each in mesh[cluster].pods}
    return mesh[cluster].gateway() if pod == GATEWAY and pod not in known else mesh[cluster].pod(pod)


def _pod(mesh: LiveMesh, name: str) -> Pod:
    found = _target(mesh, name)
    if not isinstance(found, Pod):
        raise LabError(f"{name} is a cluster: name a pod of it, as {name}/POD")
    return found


def _each(targets: Sequence[Pod | LiveCluster], verb: str) -> None:
    """Do it to all of them at the same moment."""
    with ThreadPoolExecutor(max_workers=max(1, len(targets))) as pool:
        for done in [pool.submit(getattr(target, verb)) for target in targets]:
            done.result()


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """The options of a request, without those that were left out."""
    headers = {}
    for text in given.pop("headers"):
        name, separator, value = text.partition("=")
        if not (name and separator):
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--header")
        headers[name] = value
    return {"headers": headers, **{name: value for name, value in given.items() if value is not None}}


def _show(title: str, answers: Answers) -> None:
    Console(width=None if sys.stdout.isatty() else 160).print(answers_table(title, answers))
    if answers.failed:
        raise SystemExit(1)


if __name__ == "__main__":
    run(main, "python -m lab.mesh")
