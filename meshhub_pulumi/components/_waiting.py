"""How the SDK waits for what a mesh has registered."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pulumi


def wait_together(resources: Collection[pulumi.Resource]) -> None:
    """Let one value stand for all values of `resources` when the SDK waits for the end of the program.

    It waits for whichever of its values is there first, and then for all the others anew: with a thousand objects,
    each with several values, four fifths of the program's processor time. A value that another one answers for it
    leaves out (`Output._untrack`, which `apply` uses); here one answers for all, and fails when any of them does. An
    SDK before 3.270 keeps account of them in another way: there nothing changes.
    """
    if not hasattr(pulumi.Output, "_untrack"):
        return
    values = [value for resource in resources for value in vars(resource).values() if isinstance(value, pulumi.Output)]

    async def all_there() -> None:
        await asyncio.gather(*(value.future() for value in values))

    for value in values:
        value._untrack()
    pulumi.Output.all(all_there())
