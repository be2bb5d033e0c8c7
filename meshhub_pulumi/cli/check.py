"""`meshhub check`: inputs become findings, for people, programs and pull requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import click

from meshhub_pulumi.cli import arguments
from meshhub_pulumi.cli.outcome import outcome_of
from meshhub_pulumi.cli.output import put, show
from meshhub_pulumi.cli.progress import progress
from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.report.github import print_github
from meshhub_pulumi.report.json_text import print_findings_json
from meshhub_pulumi.report.sarif import print_sarif
from meshhub_pulumi.report.text import print_findings

_FORMS: Mapping[str, Callable[[Sequence[Finding]], str]] = {
    "json": print_findings_json,
    "sarif": print_sarif,
    "github": print_github,
}


@click.command()
@arguments.inputs
@arguments.snapshot
@arguments.compat
@arguments.dialect
@arguments.form("text", *_FORMS)
def check(inputs: tuple[str, ...], snapshot: str | None, compat: str | None, dialect: str | None, form: str) -> int:
    """Tell everything that is wrong with the input, and write nothing.

    \b
    Examples:
      meshhub check mesh.yaml --snapshot snapshot.yaml
      meshhub check policies/ --snapshot snapshot.yaml --format sarif > findings.sarif
      git show HEAD:mesh.yaml | meshhub check - --snapshot snapshot.yaml

    The exit code is 1 if a finding is an error, and 2 for input that cannot be read.
    """
    with progress() as steps:
        outcome = outcome_of(inputs, snapshot, arguments.for_all_clusters(compat, dialect), steps)
    if form == "text":
        show(print_findings(outcome.findings))
    else:
        put(_FORMS[form](outcome.findings))
    return int(outcome.failed)
