"""Arguments that several verbs take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from meshhub_pulumi.standard import DIALECTS

F = TypeVar("F", bound=Callable[..., Any])

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


def out(what: str) -> Callable[[F], F]:
    """The folder to write to; `what` says which files, and what becomes of others."""
    return click.option("--out", metavar="FOLDER", type=click.Path(), help=what)


def force(what: str) -> Callable[[F], F]:
    """Go on in spite of errors; `what` says with what."""
    return click.option("--force", is_flag=True, help=what)


def form(*names: str, what: str = "How it is told.") -> Callable[[F], F]:
    """The form of what is printed, the first one if nothing is said."""
    return click.option("--format", "form", type=click.Choice(names), default=names[0], help=what)


def for_all_clusters(compat: str | None, dialect: str | None) -> str | None:
    """The dialect that a command line asks for; it can ask for one only."""
    if compat and dialect:
        raise click.UsageError("--compat writes all clusters as an older product did: leave --dialect out")
    return compat or dialect
