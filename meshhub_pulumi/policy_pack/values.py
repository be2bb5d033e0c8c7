"""Values: what Pulumi shows of a resource becomes plain data, in which an unknown value is a late leaf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError

from meshhub_pulumi.model.late import Late, unknown


def plain(value: Any, path: str = "") -> Any:
    """A copy without Pulumi's proxies, which raise where a value is unknown. Whole numbers are integers again."""
    match value:
        case Mapping():
            return {name: _member(value, name, f"{path}.{name}" if path else str(name)) for name in value}
        case Sequence() if not isinstance(value, str):
            return [_member(value, index, f"{path}[{index}]") for index in range(len(value))]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _member(container: Any, key: Any, path: str) -> Any:
    try:
        value = container[key]
    except UnknownValueError:
        return unknown(path)
    return plain(value, path)


def unknown_paths(value: Any) -> Iterator[str]:
    """Where late leaves stand in plain data."""
    match value:
        case Late():
            yield value.path
        case Mapping():
            for item in value.values():
                yield from unknown_paths(item)
        case list():
            for item in value:
                yield from unknown_paths(item)
