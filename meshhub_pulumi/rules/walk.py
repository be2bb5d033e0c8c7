"""Walk: the values at a path of a body that may be of any form.

What is of another form than the path says is passed over, and so is what is late: a rule that judges what is *not*
there asks `is_late` first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from meshhub_pulumi.model.late import is_late


def walk(body: Any, *paths: str) -> list[tuple[str, Any]]:
    """Every value at paths such as `spec.http[].route[].destination`, with the place where it stands."""
    found: list[tuple[str, Any]] = []
    _collect(body, _tree(paths), "", found)
    return found


def texts(body: Any, *paths: str) -> Iterator[tuple[str, str]]:
    """As `walk`, the texts alone."""
    return ((at, value) for at, value in walk(body, *paths) if isinstance(value, str))


def at(body: Any, path: str) -> Any:
    """The one value at a path without lists, or the late one on the way to it; None if there is none."""
    for step in _steps(path):
        if is_late(body):
            break
        body = body.get(step) if isinstance(body, (dict, Mapping)) else None
    return body


def _collect(value: Any, tree: _Tree, where: str, found: list[tuple[str, Any]]) -> None:
    for step, below in tree.items():
        if step == _HERE:
            found.append((where, value))
        # most values are plain, and asking for a plain type first is much quicker than asking for an abstract one
        elif step == "[]":
            if isinstance(value, (list, tuple, Sequence)) and not isinstance(value, str):
                for index, item in enumerate(value):
                    _collect(item, below, f"{where}[{index}]", found)
        elif isinstance(value, (dict, Mapping)):
            for name in value if step == "*" else (step,) if step in value else ():
                _collect(value[name], below, f"{where}.{name}" if where else str(name), found)


class _Tree(dict[str, "_Tree"]):
    """Paths, those with a common beginning as one; `_HERE` is where a path ends."""


_HERE = ""


@cache
def _tree(paths: tuple[str, ...]) -> _Tree:
    tree = _Tree()
    for path in paths:
        place = tree
        for step in _steps(path):
            place = place.setdefault(step, _Tree())
        place[_HERE] = _Tree()
    return tree


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", ".[]").split("."))
