"""`meshhub features`: what each kind can carry, what each dialect can express, and how releases differ."""

from __future__ import annotations

import click

from meshhub_pulumi.cli import arguments
from meshhub_pulumi.cli.output import put, show
from meshhub_pulumi.report.features import print_features_json, print_markdown, print_table, support
from meshhub_pulumi.report.releases import print_release_tables, print_releases_markdown
from meshhub_pulumi.standard import CATALOGUE, DIALECTS


@click.command()
@arguments.form("text", "json", "markdown")
def features(form: str) -> None:
    """Tell which features each kind carries, which dialects express them, and what releases treat differently.

    \b
    Examples:
      meshhub features
      meshhub features --format markdown
    """
    dialects = tuple(DIALECTS.values())
    rows = support(CATALOGUE.kinds.values(), CATALOGUE.features, dialects)
    match form:
        case "json":
            put(print_features_json(rows, dialects))
        case "markdown":
            put(f"{print_markdown(rows, dialects)}\n{print_releases_markdown(dialects)}")
        case _:
            show(print_table(rows, dialects))
            for table in print_release_tables(dialects):
                put("\n")
                show(table)
