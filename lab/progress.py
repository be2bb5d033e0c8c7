"""Showing a start while it goes on: moving lines on a terminal, one line per step elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from lab.start import STEPS, Report


@contextmanager
def progress(console: Console, steps: tuple[str, ...] = STEPS) -> Iterator[Report]:
    """A Report that prints to this console; `steps` are those that the start will report, in order."""
    if not console.is_terminal:
        yield lambda cluster, step, seconds: console.print(
            f"{cluster}: {step} {seconds:.1f} s", highlight=False, soft_wrap=True
        )
        return
    shown = Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.fields[cluster]}"),
        BarColumn(bar_width=24),
        TextColumn("{task.description}"),
        console=console,
    )
    tasks: dict[str, TaskID] = {}

    def report(cluster: str, step: str, seconds: float) -> None:
        # Not before the first step: until then the toolchain may have lines of its own to show.
        shown.start()
        if cluster not in tasks:
            tasks[cluster] = shown.add_task("", total=len(steps), cluster=cluster)
        done = steps.index(step) + 1
        coming = f", now {steps[done]}" if done < len(steps) else ""
        shown.update(tasks[cluster], completed=done, description=f"{step} {seconds:.1f} s{coming}")

    try:
        yield report
    finally:
        shown.stop()
