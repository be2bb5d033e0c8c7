"""What the lab's command lines share: the option for the folder, and how an error is told."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from lab.errors import LabError
from lab.folder import DEFAULT

MIB = 1024 * 1024

folder = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT,
    help="The lab's folder.  [default: .lab in the checkout]",
)


def run(main: click.Command, name: str) -> None:
    """Run a command line, with a LabError as lines on stderr and exit code 1."""
    # Like Ctrl-C: what a start began is ended again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        main(prog_name=name)
    except LabError as problem:
        click.echo(f"error: {problem.message}", err=True)
        for more in (problem.tail, problem.advice):
            if more:
                click.echo(more, err=True)
        raise SystemExit(1) from None
