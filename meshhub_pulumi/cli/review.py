"""`meshhub review`: two inputs become what the mesh does differently, as a comment for a pull request or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

from meshhub_pulumi.cli import arguments
from meshhub_pulumi.cli.outcome import Outcome, outcome_of
from meshhub_pulumi.cli.output import put
from meshhub_pulumi.cli.progress import progress
from meshhub_pulumi.readers.source import STDIN
from meshhub_pulumi.report.compare.compare import Side, compare
from meshhub_pulumi.report.compare.effect import Review
from meshhub_pulumi.report.review_json import print_review_json
from meshhub_pulumi.report.review_markdown import print_review_markdown

_FORMS: Mapping[str, Callable[[Review], str]] = {"markdown": print_review_markdown, "json": print_review_json}


@click.command()
@click.argument("base", type=click.Path())
@click.argument("head", type=click.Path())
@arguments.snapshot
@click.option(
    "--base-snapshot",
    metavar="FILE",
    type=click.Path(),
    help="The snapshot for BASE, where it is another one than --snapshot.",
)
@arguments.compat
@arguments.dialect
@arguments.form(*_FORMS)
def review(
    base: str,
    head: str,
    snapshot: str | None,
    base_snapshot: str | None,
    compat: str | None,
    dialect: str | None,
    form: str,
) -> int:
    """Tell what HEAD makes the mesh do differently from BASE.

    Each is what `render` takes: a YAML file, a folder, or the folder of a Pulumi program; BASE is often a git worktree
    of the target branch.

    \b
    Examples:
      meshhub review base/mesh.yaml mesh.yaml --snapshot snapshot.yaml
      meshhub review base/ policies/ --snapshot snapshot.yaml --base-snapshot base/snapshot.yaml
      git show HEAD:mesh.yaml | meshhub review - mesh.yaml --snapshot snapshot.yaml --format json

    Where either has errors nothing is compared, and the findings are told. The exit code is 0 whether anything changes
    or not, 1 if HEAD has a finding that is an error, and 2 for input that cannot be read.
    """
    if [base, head, snapshot, base_snapshot].count(STDIN) > 1:
        raise click.UsageError("standard input can be read once only; name it once", click.get_current_context())
    asked = arguments.for_all_clusters(compat, dialect)
    with progress() as steps:
        before = outcome_of([base], base_snapshot or snapshot, asked, steps)
        after = outcome_of([head], snapshot, asked, steps)
        steps.now("Comparing")
        text = _FORMS[form](compare(_side(before), _side(after)))
    put(text)
    return int(after.failed)


def _side(outcome: Outcome) -> Side:
    # with errors some specs have no manifests: what would be said of the rest could be untrue
    return Side(outcome.findings, outcome.usable(force=False), outcome.view)
