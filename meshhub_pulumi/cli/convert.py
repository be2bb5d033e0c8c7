"""`meshhub convert`: inputs become own YAML, or the program of a Pulumi project, which render to the same manifests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click

from meshhub_pulumi.cli import arguments
from meshhub_pulumi.cli.blocks import blocks_of, joined
from meshhub_pulumi.cli.convertible import each_once, late_values, unfit_names
from meshhub_pulumi.cli.new_files import write_new
from meshhub_pulumi.cli.outcome import told
from meshhub_pulumi.cli.output import put, tell
from meshhub_pulumi.cli.progress import Progress, progress
from meshhub_pulumi.kinds.virtual_mesh import VirtualMeshArgs
from meshhub_pulumi.model.error import ArgsError, CompileError
from meshhub_pulumi.model.finding import Finding, errors_in, in_order
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.readers.error import InputError
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.report.own_yaml import own_files, print_own
from meshhub_pulumi.report.python_program import print_program, program_files
from meshhub_pulumi.report.text import print_findings


@dataclass(frozen=True, eq=False, slots=True)
class _Converted:
    """What is written into a folder, what is printed without one (each made on demand), and what cannot be said."""

    files: Callable[[], Mapping[str, bytes]]
    printed: Callable[[], str]
    findings: Sequence[Finding]


def _to_python(specs: Sequence[Spec], snapshot: MeshSnapshot) -> _Converted:
    blocks, findings = blocks_of(specs, snapshot)
    return _Converted(partial(program_files, blocks, snapshot), partial(print_program, blocks, snapshot), findings)


def _to_yaml(specs: Sequence[Spec], snapshot: MeshSnapshot) -> _Converted:
    findings = list(unfit_names(specs))
    return _Converted(partial(own_files, specs, snapshot), partial(print_own, specs, snapshot), findings)


_Target = Callable[[Sequence[Spec], MeshSnapshot], _Converted]

_TARGETS: Mapping[str, _Target] = {
    "python": _to_python,
    "yaml": _to_yaml,
}


@click.command()
@arguments.inputs
@click.option("--to", "target", type=click.Choice(sorted(_TARGETS)), required=True, help="What it becomes.")
@arguments.snapshot
@click.option(
    "--compat",
    type=click.Choice(arguments.COMPAT),
    help="Ask for what this version wrote. Without it, a mesh of Service Mesh Hub becomes one for the Istio of today; "
    "what own YAML or a program asks for stays.",
)
@arguments.out(
    "Write files there: the project of a program with its snapshot.yaml, or one file for each object. A file that "
    "is there with another content is never replaced."
)
@arguments.force("Print or write what can be converted in spite of errors; exit code 1.")
def convert(
    inputs: tuple[str, ...], target: str, snapshot: str | None, compat: str | None, out: str | None, force: bool
) -> int:
    """Turn any input into own YAML or into a Pulumi program.

    \b
    Examples:
      meshhub convert old-smh.yaml --snapshot discovery.yaml --to yaml
      meshhub convert old-smh.yaml --snapshot discovery.yaml --to python --out shop
      meshhub convert program/ --to yaml --out own

    The result renders to the same manifests. Comments in it name the file and line of each policy. What exists in the
    clusters becomes a MeshSnapshot document, which is printed with --to yaml only.

    Findings about what could not be converted go to standard error. The exit code is 1 if one of them is an error;
    then nothing is written. It is 2 for input that cannot be read.
    """
    text = ""
    with progress() as steps:
        made, findings = _outcome(inputs, snapshot, _TARGETS[target], compat, steps)
        if made is not None and (force or not errors_in(findings)):
            steps.now("Writing")
            if out is None:
                text = made.printed()
            else:
                write_new(Path(out), made.files())
    if findings:
        tell(print_findings(findings))
    put(text)
    return int(bool(errors_in(findings)))


def _outcome(
    inputs: Sequence[str], snapshot: str | None, convert_to: _Target, compat: str | None, steps: Progress
) -> tuple[_Converted | None, Sequence[Finding]]:
    """What the inputs become, if they hold anything that can be converted, and all that is wrong with it."""
    steps.now("Reading")
    try:
        loaded = read(inputs, snapshot)
    except (ArgsError, CompileError) as error:
        return None, told(error)
    steps.now("Converting")
    try:
        specs, twice = each_once(_with_compat(loaded.specs, loaded.snapshot, compat))
        made = convert_to(specs, loaded.snapshot)
    except InputError:
        if errors_in(loaded.findings):  # what could not be read is what is missing
            return None, loaded.findings
        raise
    return made, in_order([*loaded.findings, *twice, *late_values(specs), *made.findings])


def _with_compat(specs: Sequence[Spec], snapshot: MeshSnapshot, compat: str | None) -> Sequence[Spec]:
    """Every mesh asks for the compatibility, if one is named; no cluster of it then has a dialect of its own."""
    if compat is None:
        return specs
    return [
        replace(spec, args=_compatible(spec.args, compat)) if isinstance(spec.args, VirtualMeshArgs) else spec
        for spec in joined(specs, snapshot)
    ]


def _compatible(args: VirtualMeshArgs, compat: str) -> VirtualMeshArgs:
    clusters = tuple(cluster.model_copy(update={"dialect": None}) for cluster in args.clusters)
    return args.model_copy(update={"clusters": clusters, "compat": compat})
