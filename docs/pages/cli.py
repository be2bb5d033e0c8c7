"""The page of the command line: every verb's `--help`, as click prints it."""

from __future__ import annotations

import click

from meshhub_pulumi.cli.app import meshhub

_WIDTH = 100


def page() -> str:
    """docs/cli.md."""
    top = _context(meshhub, "meshhub")
    contexts = [top, *(_context(command, name, top) for name, command in sorted(meshhub.commands.items()))]
    return _HEAD + "\n".join(map(_section, contexts))


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    width = {"terminal_width": _WIDTH, "max_content_width": _WIDTH}
    return command.make_context(name, [], parent, resilient_parsing=True, **width)


def _section(context: click.Context) -> str:
    lines = [line.rstrip() for line in context.get_help().splitlines()]
    return "\n".join([f"## {context.command_path}", "", "```text", *lines, "```", ""])


_HEAD = """\
# The command line

`meshhub` reads files, folders, standard input or a Pulumi program, and needs no cluster and no Pulumi engine. Exit
codes and the shape of its JSON are in [errors.md](errors.md), what it reads in [kinds.md](kinds.md) and
[snapshot.md](snapshot.md).

"""
