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

compat = click.option(
    "--compat",
    type=click.Choice(sorted(name for name in DIALECTS if name)),
    help="Write what this version wrote, whatever the input says.",
)
