"""`make bench`: every measurement in turn; `python -m bench live` and so on: one of them."""

from __future__ import annotations

from compileall import compile_dir
from pathlib import Path

import click

import meshhub_pulumi
from bench import live, overhead, render
from lab.shell import run


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Measure side by side with peers: the one that is named, or everything.

    `overhead` prints its table; `render` and `live` write theirs into docs/performance.md; `live` needs root.
    """
    # as pip does with what it installs; this checkout may never have been compiled, nor may Python be told to do so
    compile_dir(Path(meshhub_pulumi.__file__).parent, quiet=1)
    if context.invoked_subcommand is None:
        for command in (render.main, overhead.main, live.main):
            context.invoke(command)


main.add_command(render.main, "render")
main.add_command(overhead.main, "overhead")
main.add_command(live.main, "live")

if __name__ == "__main__":
    run(main, "python -m bench")
