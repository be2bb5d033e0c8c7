"""A Pulumi program run under mocks: nothing is registered with an engine, and every resource is what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pulumi
from pulumi.resource import DependencyResource
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import ROOT
from pulumi.runtime.stack import run_in_stack


class Echo(pulumi.runtime.Mocks):
    """Every resource is what it was asked to be."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        # a reference to a provider is its URN, `::` and its id, so that an id holds no `::`
        return (args.resource_id or f"{args.name.replace('::', '-')}-id", args.inputs)

    def call(self, _args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return ({}, None)


def run_under_mocks(program: Callable[[], object], monitor: MockMonitor, *, preview: bool) -> None:
    """Run a program to its end, in an event loop of its own; raises what it, or a value it waits for, raises."""

    def run() -> None:
        program()

    async def main() -> None:
        # where there is no stack yet, set_mocks makes one that has ended already: the program gets its own, as it does
        # from the engine, and ends when that one does
        ROOT.set(DependencyResource(""))
        pulumi.runtime.set_mocks(monitor.mocks, preview=preview, monitor=monitor)
        ROOT.set(None)
        await run_in_stack(run)

    with _threads_with_loops() as threads, asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(threads)
        runner.run(main())


@contextmanager
def _threads_with_loops() -> Iterator[ThreadPoolExecutor]:
    """Threads for what the mocks answer. Each needs an event loop, and one that the SDK makes there is never closed."""
    loops: list[asyncio.AbstractEventLoop] = []

    def begin() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    try:
        with ThreadPoolExecutor(initializer=begin) as threads:
            yield threads
    finally:
        for loop in loops:
            loop.close()
