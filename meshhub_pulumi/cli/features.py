"""`meshhub features`: what each kind can carry, and what each dialect can express."""

from __future__ import annotations

import click

from meshhub_pulumi.cli.output import put, show
from meshhub_pulumi.report.features import print_features_json, print_markdown, print_table, support
from meshhub_pulumi.standard import CATALOGUE, DIALECTS


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="How it is told."
)
def features(form: str) -> None:
    """Tell which features each kind carries and which dialects express them.

    \b
    Examples:
      meshhub features
      meshhub features --format markdown
    """
    dialects = tuple(DIALECTS.values())
    rows = support(CATALOGUE.kinds.values(), CATALOGUE.features, dialects)
    match form:
        case "json":
            put(print_features_json(rows))
        case "markdown":
            put(print_markdown(rows, dialects))
        case _:
            show(print_table(rows, dialects))
