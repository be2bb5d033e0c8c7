"""`meshhub render`: inputs become the manifests of every cluster, printed or written to a folder."""

from __future__ import annotations

from pathlib import Path

import click

from meshhub_pulumi.cli import arguments
from meshhub_pulumi.cli.folder import write_folder
from meshhub_pulumi.cli.outcome import outcome_of
from meshhub_pulumi.cli.output import put, tell
from meshhub_pulumi.cli.progress import progress
from meshhub_pulumi.report.json_text import print_json
from meshhub_pulumi.report.text import print_findings
from meshhub_pulumi.report.tree import print_tree
from meshhub_pulumi.report.yaml_text import print_yaml


@click.command()
@arguments.inputs
@arguments.snapshot
@arguments.compat
@arguments.dialect
@arguments.out(
    "Write <cluster>/<kind>-<namespace>-<name>.yaml there. Files that an earlier run wrote and this one "
    "does not are removed (.meshhub-files lists them); other files are never touched."
)
@arguments.form("yaml", "json", what="What is printed.")
@arguments.force("Print or write the manifests in spite of errors; the exit code stays 1.")
def render(
    inputs: tuple[str, ...],
    snapshot: str | None,
    compat: str | None,
    dialect: str | None,
    out: str | None,
    form: str,
    force: bool,
) -> int:
    """Print the manifests of every cluster, or write them to a folder.

    \b
    Examples:
      meshhub render mesh.yaml --snapshot snapshot.yaml
      meshhub render mesh.yaml policies/ --snapshot snapshot.yaml --out manifests
      meshhub render old-smh.yaml --snapshot discovery.yaml --compat smh-0.8
      meshhub render program/ --format json

    Findings go to standard error, or into the JSON object. The exit code is 1 if one of them is an error; then
    nothing is written. It is 2 for input that cannot be read.
    """
    with progress() as steps:
        outcome = outcome_of(inputs, snapshot, arguments.for_all_clusters(compat, dialect), steps)
        usable = outcome.usable(force=force)
        steps.now("Writing")
        if out is not None and usable is not None:
            write_folder(Path(out), print_tree(usable))
        if form == "json":
            text = print_json(usable or {}, outcome.findings)
        else:
            text = print_yaml(usable or {}) if out is None else ""
    if form == "yaml" and outcome.findings:
        tell(print_findings(outcome.findings))
    put(text)
    return int(outcome.failed)
