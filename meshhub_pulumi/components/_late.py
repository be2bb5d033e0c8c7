"""Late leaves become Outputs here, with their checks attached: the only `apply` of the library."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pulumi

from meshhub_pulumi.model.error import Problem, args_error
from meshhub_pulumi.model.late import Derived, Late


def shown(value: Any) -> Any:
    """A component's own inputs: late leaves as the user gave them, to be seen in previews and by policies."""
    match value:
        case Late():
            return _output(value)
        case Mapping():
            return {key: shown(item) for key, item in value.items()}
        case list() | tuple():
            return [shown(item) for item in value]
        case _:
            return value


def settled(value: Any, title: str, ready: Awaitable[None]) -> Any:
    """A manifest's content: late leaves as Outputs that fail as `title` when what arrives does not fit.

    No check runs before `ready`: a program that fails while its hooks are still being registered dies of a
    segmentation fault (grpc stops a server that has not started) and its message is lost.
    """
    match value:
        case Late():
            arriving = pulumi.Output.all(_output(value), ready)
            return arriving.apply(_checked(lambda known: value.check(known[0]), title))
        case Derived():
            parts = [settled(part, title, ready) for part in value.parts]
            return pulumi.Output.all(*parts).apply(_checked(lambda known: value.compute(*known), title, value.path))
        case Mapping():
            return {key: settled(item, title, ready) for key, item in value.items()}
        case list() | tuple():
            return [settled(item, title, ready) for item in value]
        case _:
            return value


def _output(late: Late) -> pulumi.Output[Any]:
    """The one Output of a late leaf: an awaitable can be awaited only once, and the leaf stands in many places."""
    late.source = pulumi.Output.from_input(late.source)
    return late.source  # type: ignore[no-any-return]


def _checked(compute: Callable[[Any], Any], title: str, path: str = "") -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        try:
            return compute(value)
        except ValueError as error:
            raise args_error(title, [Problem(path, str(error))]) from None

    return check
