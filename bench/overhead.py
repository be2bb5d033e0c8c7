"""What the components add to `pulumi up`: a mesh program against raw ones that register the same objects.

One raw program only registers the objects, as they are rendered. Another also gives the engine the order that keeps
traffic flowing (`depends_on`), which the components always do. A third gives each object the annotations for Pulumi's
provider that the components give it, so that it registers the very objects that end up in the clusters.

Before routes the components also wait until proxies know what these send to; a second program with components does
without. A third gives the policies to the mesh as a list, where they are no resources of their own, and does not wait
either. All run through the real engine against the same two real API servers (with Istio's validating webhook), in
turns. For every size: the time of a first `up` (all objects created), of a second (nothing to do), and of a preview,
and the size of the state after the first.

With a file as backend the engine rewrites the whole state at every step, so time grows with the square of the number
of resources and with the size of each. `--no-checkpoints` shows the rest: the engine then writes the state once.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

import lab
from meshhub_pulumi.components._register import ANNOTATIONS, in_needed_order
from meshhub_pulumi.kinds.traffic_policy import TrafficPolicyArgs
from meshhub_pulumi.kinds.virtual_mesh import VirtualMeshArgs
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.model.topology import Cluster
from meshhub_pulumi.standard import compile_standard
from tools import toolchain

CLUSTERS = ("east", "west")
NAMESPACE = "default"
STEPS = ("up", "up again", "preview")
STATE = "state, kB"

COMPONENTS = """
import json, pathlib
import pulumi_kubernetes as k8s
from meshhub_pulumi import Cluster, MeshSnapshot, NamedPolicy, TrafficPolicy, TrafficPolicyArgs, VirtualMesh

asked = json.loads(pathlib.Path("asked.json").read_text())
clusters = [Cluster(n, provider=k8s.Provider(n, context=n, cluster_identifier=n)) for n in asked["clusters"]]
snapshot = MeshSnapshot.model_validate(asked["snapshot"])
mesh = {"clusters": clusters, "snapshot": snapshot, "propagation": PROPAGATION}
"""

EACH = f"""{COMPONENTS}
with VirtualMesh("bench", mesh):
    for name, args in asked["policies"].items():
        TrafficPolicy(name, args)
"""

LISTED = f"""{COMPONENTS}
policies = [NamedPolicy(name, TrafficPolicyArgs.model_validate(args)) for name, args in asked["policies"].items()]
VirtualMesh("bench", {{**mesh, "policies": policies}})
"""

RAW = """
import json, pathlib
import pulumi
import pulumi_kubernetes as k8s
from pulumi_kubernetes.apiextensions import CustomResource

asked = json.loads(pathlib.Path("asked.json").read_text())
providers = {n: k8s.Provider(n, context=n, cluster_identifier=n) for n in asked["clusters"]}
made = {}
for name, cluster, body, after in asked["objects"]:
    opts = pulumi.ResourceOptions(provider=providers[cluster], depends_on=[made[x] for x in after if ORDERED])
    made[name] = CustomResource(name, api_version=body["apiVersion"], kind=body["kind"],
                                metadata={**body["metadata"], **METADATA}, spec=body["spec"], opts=opts)
"""


FORMS = {
    "components": f"PROPAGATION = '1s'\n{EACH}",
    "without waits": f"PROPAGATION = '1ms'\n{EACH}",
    "policies as a list": f"PROPAGATION = '1ms'\n{LISTED}",
}
RAW_PROGRAMS = {
    "raw": f"ORDERED = False\nMETADATA = {{}}\n{RAW}",
    "raw, ordered": f"ORDERED = True\nMETADATA = {{}}\n{RAW}",
    "raw, annotated": f"ORDERED = False\nMETADATA = {{'annotations': {ANNOTATIONS!r}}}\n{RAW}",
}
PROGRAMS = FORMS | RAW_PROGRAMS


@click.command()
@click.option("--sizes", default="200,1000", show_default=True, help="Numbers of objects.")
@click.option("--rounds", default=3, show_default=True, help="Runs of each program at each size.")
@click.option("--checkpoints/--no-checkpoints", default=True, help="Whether the engine writes its state at every step.")
@click.option("--only", multiple=True, type=click.Choice(list(PROGRAMS)), help="These programs beside raw, not all.")
def main(sizes: str, rounds: int, checkpoints: bool, only: Sequence[str]) -> None:
    """Compare the wall time of programs with components and of raw ones."""
    programs = {name: PROGRAMS[name] for name in PROGRAMS if not only or name in (*only, "raw")}
    with lab.embedded(CLUSTERS) as clusters, tempfile.TemporaryDirectory() as folder:
        for size in map(int, sizes.split(",")):
            asked = _asked(size)
            times = _measure(programs, asked, clusters, Path(folder), rounds, checkpoints)
            _print(len(asked["objects"]), rounds, times)


def _asked(size: int) -> dict[str, Any]:
    """As many split services as make about `size` objects: what is asked for, and the objects that come of it."""
    count = max(1, round(size / len(_compiled(2)["objects"]) * 2))
    while len((asked := _compiled(count))["objects"]) < size:
        count += 1
    return asked


def _compiled(count: int) -> dict[str, Any]:
    names = [f"service-{number:04}" for number in range(count)]
    snapshot = {"clusters": {cluster: _cluster(number, names) for number, cluster in enumerate(CLUSTERS)}}
    policies = {name: _policy(name) for name in names}
    specs = [Spec("VirtualMesh", "bench", "default", VirtualMeshArgs(clusters=[Cluster(c) for c in CLUSTERS]))]
    specs += [Spec("TrafficPolicy", n, "default", TrafficPolicyArgs.model_validate(p)) for n, p in policies.items()]
    compiled = compile_standard(specs, MeshSnapshot.model_validate(snapshot))
    objects = [
        (f"raw/{key}", key.cluster, compiled.manifests[key].body, [f"raw/{x}" for x in compiled.manifests[key].after])
        for key in in_needed_order(compiled.manifests)
    ]
    return {"clusters": CLUSTERS, "snapshot": snapshot, "policies": policies, "objects": objects}


def _cluster(number: int, names: Sequence[str]) -> dict[str, Any]:
    return {
        "gateways": [{"addresses": [f"192.0.2.{2 * number + 1}", f"192.0.2.{2 * number + 2}"]}],
        "services": [
            {"name": n, "namespace": NAMESPACE, "selector": {"app": n}, "ports": [{"name": "http", "port": 8080}]}
            for n in names
        ],
        "workloads": [
            {"name": f"{n}-{v}", "namespace": NAMESPACE, "labels": {"app": n, "version": v}}
            for n in names
            for v in ("v1", "v2")
        ],
    }


def _policy(name: str) -> dict[str, Any]:
    east = {"name": name, "namespace": NAMESPACE, "cluster": "east", "subset": {"version": "v1"}}
    west = {"name": name, "namespace": NAMESPACE, "cluster": "west", "subset": {"version": "v2"}}
    return {
        "destinations": [{"name": name, "namespace": NAMESPACE, "cluster": "east"}],
        "trafficShift": [{"destination": east, "weight": 80}, {"destination": west, "weight": 20}],
        "timeout": "5s",
    }


def _measure(
    programs: Mapping[str, str],
    asked: Mapping[str, Any],
    clusters: lab.Lab,
    folder: Path,
    rounds: int,
    checkpoints: bool,
) -> dict[str, dict[str, list[float]]]:
    times: dict[str, dict[str, list[float]]] = {program: {row: [] for row in (*STEPS, STATE)} for program in programs}
    for number in range(rounds):
        # there and back: a machine that grows slower or faster meanwhile does so for all
        for program in list(programs)[:: -1 if number % 2 else 1]:
            project = _project(folder / f"{program}-{number}", programs[program], asked)
            for row, figure in _run(project, clusters, checkpoints).items():
                times[program][row].append(figure)
            _clear(asked, clusters)
            shutil.rmtree(project)
            click.echo(".", nl=False, err=True)
    click.echo(err=True)
    return times


def _project(folder: Path, source: str, asked: Mapping[str, Any]) -> Path:
    folder.mkdir()
    python = Path(sys.prefix)
    settings = {"name": "bench", "runtime": {"name": "python", "options": {"virtualenv": str(python)}}}
    (folder / "Pulumi.yaml").write_text(json.dumps(settings))
    (folder / "__main__.py").write_text(source)
    (folder / "asked.json").write_text(json.dumps(asked))
    return folder


def _run(project: Path, clusters: lab.Lab, checkpoints: bool) -> dict[str, float]:
    environment = {
        **os.environ,
        **toolchain.engine_environment(project / "home", project / "backend"),
        "KUBECONFIG": str(clusters.kubeconfig),
        **({} if checkpoints else {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}),
    }
    _pulumi(["stack", "init", "bench"], project, environment)
    return {
        "up": _pulumi(["up", "--yes", "--skip-preview"], project, environment),
        STATE: sum(file.stat().st_size for file in (project / "backend/.pulumi/stacks").rglob("bench.json")) / 1_000,
        "up again": _pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"], project, environment),
        "preview": _pulumi(["preview"], project, environment),
    }


def _pulumi(arguments: Sequence[str], project: Path, environment: Mapping[str, str]) -> float:
    begun = time.monotonic()
    done = subprocess.run(
        ["pulumi", "--non-interactive", *arguments], cwd=project, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"pulumi {arguments[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
    return time.monotonic() - begun


def _clear(asked: Mapping[str, Any], clusters: lab.Lab) -> None:
    """Delete the objects without the engine, which would take as long again."""
    for _, cluster, body, _ in asked["objects"]:
        meta = body["metadata"]
        clusters[cluster].api.delete(body["apiVersion"], body["kind"], meta["name"], meta["namespace"])


def _print(objects: int, rounds: int, times: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    click.echo(f"\n{objects} objects, median of {rounds} (minimum to maximum), seconds, and ratios")
    raws = [name for name in times if name in RAW_PROGRAMS]
    for step in (*STEPS, STATE):
        click.echo(f"{step:20} {'':26}" + "".join(f" {f'to {name}':>18}" for name in raws))
        middle = {name: statistics.median(row[step]) for name, row in times.items()}
        for name, own in middle.items():
            figures = f"{own:8.2f} ({min(times[name][step]):.2f} to {max(times[name][step]):.2f})"
            ratios = (f" {own / middle[raw]:18.3f}" for raw in raws)
            click.echo(f"  {name:18} {figures:26}" + "".join(ratios))


if __name__ == "__main__":
    main()
