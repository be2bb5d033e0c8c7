"""Arguments that several verbs take."""

from __future__ import annotations

import click

from meshhub_pulumi.standard import DIALECTS

inputs = click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path())

snapshot = click.option(
    "--snapshot",
    metavar="FILE",
    type=click.Path(),
    help="What exists in the clusters: a MeshSnapshot document, or objects of Service Mesh Hub's discovery.",
)

COMPAT = ("smh-0.8",)
"""The products whose output can be asked for, as of a version."""

compat = click.option(
    "--compat", type=click.Choice(COMPAT), help="Write what this version wrote, whatever the input says."
)

dialect = click.option(
    "--dialect",
    type=click.Choice(sorted(DIALECTS.keys() - COMPAT)),
    help="Write the routes of all clusters in this dialect, whatever the input says.",
)


def for_all_clusters(compat: str | None, dialect: str | None) -> str | None:
    """The dialect that a command line asks for; it can ask for one only."""
    if compat and dialect:
        raise click.UsageError("--compat writes all clusters as an older product did: leave --dialect out")
    return compat or dialect
