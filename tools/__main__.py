"""The command line: `python3 -m tools ensure|list|venv`."""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python is told by
    # Before any other import of ours: those would end in a traceback there.
    sys.exit(f"tools needs Python >= 3.11, this is {sys.version.split()[0]}: run it with a newer python3")

import argparse
import os
import signal

from tools import programs, project, toolchain
from tools.errors import ToolchainError
from tools.find import Found
from tools.progress import print_minutes
from tools.toolchain import Cached, Place
from tools.version import print_version


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        options.run(options)
        sys.stdout.flush()
    except ToolchainError as error:
        print(f"tools: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever reads our output has seen enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("tools: interrupted; nothing half-made was kept", file=sys.stderr)
        return 1
    return 0


def _ensure(options: argparse.Namespace) -> None:
    for name, path in toolchain.ensure(options.programs).items():
        if options.print:
            print(f"{name}={path}")


def _list(_: argparse.Namespace) -> None:
    rows = [(name, *_describe(program)) for name, program in programs.programs().items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _describe(program: programs.Program) -> tuple[str, str]:
    where: Place = toolchain.place(program)
    if isinstance(where, Found):
        return print_version(where.version) if where.version else "?", str(where.path)
    if isinstance(where, Cached):
        return program.version, str(where.path)
    return program.version, f"will be made, {print_minutes(program.minutes)} ({where.reason})"


def _venv(_: argparse.Namespace) -> None:
    project.ensure_environment()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m tools",
        description="Finds or makes the programs that meshhub is developed and tested with.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    ensure = commands.add_parser("ensure", help="make sure that programs are there")
    ensure.add_argument("programs", nargs="+", choices=sorted(programs.programs()), metavar="PROGRAM")
    ensure.add_argument("--print", action="store_true", help="print a line NAME=PATH for each")
    ensure.set_defaults(run=_ensure)
    listing = commands.add_parser("list", help="show every program, its version and where it is")
    listing.set_defaults(run=_list)
    environment = commands.add_parser("venv", help="make or update the checkout's .venv")
    environment.set_defaults(run=_venv)
    return parser


if __name__ == "__main__":
    sys.exit(main())
