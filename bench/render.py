"""`python -m bench render`: meshes of growing size through `meshhub render`, its peers, and the floor beneath all.

The floor is what no program that reads and writes YAML in Python can do without (render_floor). Every program runs on
one core, in turns with the others; what is told is the median of the rounds, as ratios to `meshhub render`.
"""

from __future__ import annotations

import json
import marshal
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from bench import page
from bench.measured import PRINTED, Cost, middle, run
from bench.render_input import POLICIES, SNAPSHOT, Size, write
from bench.render_peers import PEERS, PREVIEWED, Objects, Program
from lab import shell
from lab.errors import LabError
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.standard import compile_standard

WHOLE = Size(clusters=50, services=2_000, policies=500)
CHANGES = 30
MESHHUB, FLOOR = "meshhub render", "parse and print alone"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--parts", default="0.25,0.5,1,2", show_default=True, help=f"Sizes, as parts of {WHOLE}.")
@click.option("--peers-up-to", default=1.0, show_default=True, help="The largest of these that peers are given.")
@click.option("--rounds", default=5, show_default=True, help="Runs of each program at each size.")
@click.option("--write/--no-write", "keep", default=True, help="Whether the tables go into docs/performance.md.")
def main(parts: str, peers_up_to: float, rounds: int, keep: bool) -> None:
    """Compare `meshhub render` with its peers, size by size."""
    sizes = [float(part) for part in parts.split(",")]
    text = page.signed(lambda: _section(sizes, peers_up_to, rounds))
    click.echo(text)
    if keep:
        page.write("render", text)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What was measured of one mesh: the median cost by program, and each change in process (render_again)."""

    size: Size
    objects: int
    costs: Mapping[str, Cost]
    absent: Mapping[str, str]
    again: Sequence[tuple[float, float]]


def _section(sizes: Sequence[float], peers_up_to: float, rounds: int) -> str:
    meshes = []
    for part in sizes:
        with tempfile.TemporaryDirectory() as folder:
            meshes.append(_measure(WHOLE.times(part), Path(folder), part <= peers_up_to, rounds))
    absent = {name: why for mesh in meshes for name, why in mesh.absent.items()}
    missing = "".join(f"\n\nNot measured: {name} ({why})." for name, why in absent.items())
    return f"Median of {rounds} runs each:\n\n{_growth(meshes)}\n\n{_ratios(meshes)}{missing}"


def _measure(size: Size, folder: Path, with_peers: bool, rounds: int) -> _Measured:
    given = folder / "input"
    write(size, given)
    objects = _objects(given)
    everything = [body for bodies in objects.values() for body in bodies]
    programs, absent = _programs(given, objects, folder, with_peers)
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    for number in range(rounds):
        for name, program in programs.items():
            costs[name].append(run(program.command, folder / name, program.environment))
            click.echo(f"{size}: {name}, {costs[name][-1].wall:.2f} s", err=True)
            if number == 0:
                _check(name, program, folder / name, everything)
    again = run([sys.executable, "-m", "bench.render_again", str(given), str(CHANGES)], folder)
    click.echo(f"{size}: {CHANGES} changes, {again.wall:.1f} s", err=True)
    seconds = json.loads((folder / PRINTED).read_text())
    return _Measured(size, len(everything), {n: middle(c) for n, c in costs.items()}, absent, seconds)


def _programs(
    given: Path, objects: Objects, folder: Path, with_peers: bool
) -> tuple[dict[str, Program], dict[str, str]]:
    """Every program with what it needs in a folder of its name, and why others are not here."""
    script = "from meshhub_pulumi.cli import main; main()"
    ours = ["-c", script, "render", str(given / POLICIES), "--snapshot", str(given / SNAPSHOT)]
    programs = {
        MESHHUB: Program([sys.executable, *ours]),
        FLOOR: Program([sys.executable, "-m", "bench.render_floor", str(given), "objects"]),
    }
    for name in (*programs, *(PEERS if with_peers else ())):
        (folder / name).mkdir()
    (folder / FLOOR / "objects").write_bytes(marshal.dumps([x for bodies in objects.values() for x in bodies]))
    absent = {}
    for name, make in PEERS.items() if with_peers else ():
        made = make(objects, folder / name)
        if isinstance(made, Program):
            programs[name] = made
        else:
            absent[name] = made.reason
    return programs, absent


def _objects(given: Path) -> dict[str, list[dict[str, Any]]]:
    loaded = read([str(given / POLICIES)], str(given / SNAPSHOT))
    compiled = compile_standard(loaded.specs, loaded.snapshot)
    if loaded.findings or compiled.findings:
        raise LabError("the made-up mesh has findings", advice=f"Look at {compiled.findings[:1] or loaded.findings}.")
    objects: dict[str, list[dict[str, Any]]] = {}
    for key, manifest in compiled.manifests.items():
        objects.setdefault(key.cluster, []).append(dict(manifest.body))
    return objects


def _check(name: str, program: Program, folder: Path, objects: Sequence[Mapping[str, Any]]) -> None:
    """Whether a program gave the same objects; those of a preview are only counted."""
    if program.written == PREVIEWED:
        same = f"+ {len(objects) + 2} to create" in (folder / PRINTED).read_text()  # with the stack and the provider
    else:
        texts = [file.read_bytes() for file in folder.glob(program.written)]
        made = [body for text in texts for body in yaml.load_all(text, Loader=yaml.CSafeLoader) if body]
        same = sorted(map(_line, made)) == sorted(map(_line, objects))
    if not same:
        raise LabError(f"{name} did not give the same objects", advice="Run it by hand and compare.")


def _line(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True)


def _growth(meshes: Sequence[_Measured]) -> str:
    """How time and memory grow, and how they compare with the floor; by the core's time, which other programs spare."""
    titles = (
        "",
        "objects",
        "s · of it busy",
        "growth",
        "MiB",
        "growth",
        "time to floor",
        "MiB to floor",
        "one change, ms · of it busy",
    )
    rows = []
    for before, mesh in zip([None, *meshes], meshes, strict=False):
        ours, floor = mesh.costs[MESHHUB], mesh.costs[FLOOR]
        last = before.costs[MESHHUB] if before else None
        rows.append(
            (
                str(mesh.size),
                f"{mesh.objects:,}",
                f"{ours.wall:.2f} · {ours.cpu:.2f}",
                f"{ours.cpu / last.cpu:.2f}" if last else "",
                f"{ours.memory:.0f}",
                f"{ours.memory / last.memory:.2f}" if last else "",
                f"{ours.cpu / floor.cpu:.2f}",
                f"{ours.memory / floor.memory:.2f}",
                " · ".join(f"{statistics.median(part) * 1000:.0f}" for part in zip(*mesh.again, strict=True)),
            )
        )
    return page.table(titles, rows)


def _ratios(meshes: Sequence[_Measured]) -> str:
    """What others cost in multiples of `meshhub render`: time, processor time, memory."""
    names = list(dict.fromkeys(name for mesh in meshes for name in mesh.costs if name != MESHHUB))
    rows = []
    for mesh in meshes:
        ours = mesh.costs[MESHHUB]
        cells = [_times(mesh.costs[name], ours) if name in mesh.costs else "" for name in names]
        rows.append((str(mesh.size), *cells))
    return page.table((f"time · processor · memory, by {MESHHUB}'s", *names), rows)


def _times(cost: Cost, ours: Cost) -> str:
    return " · ".join(f"{part / whole:.2f}" for part, whole in zip(cost, ours, strict=True))


if __name__ == "__main__":
    shell.run(main, "python -m bench.render")
