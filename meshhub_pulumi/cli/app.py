"""The `meshhub` command: its verbs, and how it ends.

Exit codes: 0; 1 where a finding has level error; 2 for input that cannot be read as such, for output that cannot be
written, or a wrong command line, with one line on standard error. A closed pipe and Ctrl-C end it quietly.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from meshhub_pulumi.cli.check import check
from meshhub_pulumi.cli.convert import convert
from meshhub_pulumi.cli.features import features
from meshhub_pulumi.cli.output import PipeClosedError, complain
from meshhub_pulumi.cli.render import render
from meshhub_pulumi.cli.review import review
from meshhub_pulumi.model.error import MeshError
from meshhub_pulumi.readers.error import InputError
from meshhub_pulumi.report.text import visible
from meshhub_pulumi.version import __version__

WRONG_INPUT = 2
INTERRUPTED = 130
PIPE_CLOSED = 141

_EXAMPLES = """\b
Examples:
  meshhub render mesh.yaml --snapshot snapshot.yaml
  meshhub render policies/ --snapshot snapshot.yaml --out manifests
  meshhub check policies/ --snapshot snapshot.yaml --format github
  meshhub convert old-smh.yaml --snapshot discovery.yaml --to python --out shop
  kubectl get trafficpolicies,virtualmeshes -A -o yaml | meshhub check - --snapshot discovery.yaml

\b
Shell completion: eval "$(_MESHHUB_COMPLETE=bash_source meshhub)"
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EXAMPLES, no_args_is_help=False)
@click.version_option(__version__, prog_name="meshhub", message="%(prog)s %(version)s")
def meshhub() -> None:
    """A whole service mesh of many clusters, from one description.

    INPUT is YAML of our own kinds, of Service Mesh Hub or of Gloo Mesh (files, folders, or - for standard input), or
    the folder of a Pulumi program.
    """


for _verb in (render, check, convert, features, review):
    meshhub.add_command(_verb)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the process."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = meshhub.main(arguments, prog_name="meshhub", standalone_mode=False)
    except click.ClickException as error:
        return _refuse(_usage(error))
    except InputError as error:
        return _refuse(str(error))
    except MeshError as error:
        complain("".join(f"{visible(line)}\n" for line in f"meshhub: {error}".splitlines()))
        return 1
    except MemoryError:
        return _refuse("the input needs more memory than there is; split it")
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except PipeClosedError:
        return PIPE_CLOSED
    return code if isinstance(code, int) else 0


def _refuse(reason: str) -> int:
    complain(f"meshhub: {visible(' '.join(reason.split()))}\n")
    return WRONG_INPUT


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "meshhub"
    return f"{error.format_message().rstrip('.')}; see '{command} --help'"
