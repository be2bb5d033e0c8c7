"""Walk: the values at a path of a body that may be of any form.

What is of another form than the path says is passed over, and so is what is late: a rule that judges what is *not*
there asks `is_late` first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from meshhub_pulumi.model.late import is_late


def walk(body: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value at a path such as `spec.http[].route[].destination`, with the place where it stands."""
    yield from _walk(body, _steps(path), "")


def texts(body: Any, path: str) -> Iterator[tuple[str, str]]:
    """As `walk`, the texts alone."""
    return ((at, value) for at, value in walk(body, path) if isinstance(value, str))


def at(body: Any, path: str) -> Any:
    """The one value at a path without lists, or the late one on the way to it; None if there is none."""
    for step in _steps(path):
        if is_late(body):
            break
        body = body.get(step) if isinstance(body, Mapping) else None
    return body


def _walk(value: Any, steps: tuple[str, ...], where: str) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield where, value
        return
    step, rest = steps[0], steps[1:]
    if step == "[]":
        if isinstance(value, Sequence) and not isinstance(value, str):
            for index, item in enumerate(value):
                yield from _walk(item, rest, f"{where}[{index}]")
    elif isinstance(value, Mapping):
        names = value if step == "*" else (step,) if step in value else ()
        for name in names:
            yield from _walk(value[name], rest, f"{where}.{name}" if where else str(name))


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", ".[]").split("."))
