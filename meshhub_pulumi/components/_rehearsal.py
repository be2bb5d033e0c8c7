"""A Pulumi program run under mocks: nothing is registered with an engine, and every resource is what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.stack import run_pulumi_func


class Echo(pulumi.runtime.Mocks):
    """Every resource is what it was asked to be."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return (args.resource_id or f"{args.name}-id", args.inputs)

    def call(self, _args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return ({}, None)


def run_under_mocks(program: Callable[[], object], monitor: MockMonitor, *, preview: bool) -> None:
    """Run a program to its end, in an event loop of its own; raises what it, or a value it waits for, raises."""

    def run() -> None:
        program()

    async def main() -> None:
        pulumi.runtime.set_mocks(monitor.mocks, preview=preview, monitor=monitor)
        await run_pulumi_func(run)

    with asyncio.Runner() as runner:
        runner.run(main())
