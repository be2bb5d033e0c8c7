"""Conditions: whether every request that fits one fits another, and which of many conditions could be that other.

A condition is a conjunction, so each part of it becomes a *demand*, and a narrower condition *meets* all of them.
Demands are values that can be looked up: who asks for the wider ones of a condition need not compare it with all there
are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from operator import eq
from typing import Any, NamedTuple

from meshhub_pulumi.model.http_match import UNNOTICED

Condition = Mapping[str, Any]
Demand = tuple[Hashable, ...]


def plain(said: Condition) -> Condition:
    """A condition as Istio reads it: without what is unset and what no request notices, and always with a path.

    An expression for all that begins alike is a prefix. That for every path stays: HTTPRoutes try it last.
    """
    read = {"uri": _ROOT} | {name: value for name, value in said.items() if value and name not in UNNOTICED}
    match read["uri"]:
        case uri if uri in _EVERY_PATH:
            read.pop("ignoreUriCase", None)
        case {"regex": str(regex), **more} if not more:
            read.pop("ignoreUriCase", None)  # Envoy heeds the case of an expression whatever this says
            if beginning := _BEGINNING.fullmatch(regex):
                read["uri"] = {"prefix": beginning[1]}
    return read


def within(narrow: Condition, wide: Condition) -> bool:
    """Whether every request that fits one plain condition fits the other."""
    if narrow.get("ignoreUriCase") and not wide.get("ignoreUriCase") and wide["uri"] not in _EVERY_PATH:
        return False
    return all(name in narrow and _part(name).holds(narrow[name], asked) for name, asked in wide.items())


def demands(wide: Condition) -> Iterator[Demand]:
    """What a condition that lies within this one meets."""
    return ((name, *rest) for name, asked in wide.items() for rest in _part(name).demands(asked))


def met(narrow: Condition) -> Iterator[Demand]:
    """The demands that a condition meets, its own among them."""
    return ((name, *rest) for name, asked in narrow.items() for rest in _part(name).met(asked))


class _Part(NamedTuple):
    """How a part of a condition can be narrower than another, what it demands and what it meets."""

    holds: Callable[[Any, Any], bool]
    demands: Callable[[Any], Iterator[Demand]]
    met: Callable[[Any], Iterator[Demand]]


def _part(name: str) -> _Part:
    return _PARTS.get(name, _EQUAL)


def _frozen(value: Any) -> Hashable:
    """A value that is equal where two values are."""
    if isinstance(value, Mapping):
        return frozenset((name, _frozen(item)) for name, item in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    return value if isinstance(value, Hashable) else type(value).__name__


def _equal_demand(asked: Any) -> Iterator[Demand]:
    yield ("=", _frozen(asked))


def _text(narrow: Any, wide: Any) -> bool:
    if narrow == wide or wide == _ANYTHING:
        return True
    if not isinstance(narrow, Mapping) or not isinstance(wide, Mapping):
        return False
    if "below" in wide:
        return any(text.startswith(f"{wide['below'].rstrip('/')}/") for text in _whole_segments(narrow))
    return isinstance(wide.get("prefix"), str) and any(text.startswith(wide["prefix"]) for text in _starts(narrow))


def _path(narrow: Any, wide: Any) -> bool:
    return wide in _EVERY_PATH or _text(narrow, wide)


def _path_demands(asked: Any) -> Iterator[Demand]:
    return iter(()) if asked in _EVERY_PATH else _text_demands(asked)


def _starts(text: Mapping[str, Any]) -> Iterator[str]:
    """What a text begins with, as far as that is known."""
    for form in ("exact", "prefix", "below"):
        if isinstance(text.get(form), str):
            yield text[form].rstrip("/") if form == "below" else text[form]


def _whole_segments(text: Mapping[str, Any]) -> Iterator[str]:
    """As above, each segment with its end: the last one of a prefix may go on."""
    return (start if "prefix" in text else f"{start.rstrip('/')}/" for start in _starts(text))


_SIGNS, _SEGMENTS = 80, 16
"""How much of a beginning is demanded: a long text would meet as many demands as it has signs, each a text itself."""


def _text_demands(asked: Any) -> Iterator[Demand]:
    if asked == _ANYTHING:
        yield ("there",)
    elif isinstance(asked, Mapping) and "below" in asked:
        yield ("below", *asked["below"].rstrip("/").split("/")[:_SEGMENTS])
    elif isinstance(asked, Mapping) and isinstance(asked.get("prefix"), str):
        yield ("prefix", asked["prefix"][:_SIGNS])
    else:
        yield from _equal_demand(asked)


def _text_met(narrow: Any) -> Iterator[Demand]:
    yield ("there",)
    yield from _text_demands(narrow)
    for text in _starts(narrow) if isinstance(narrow, Mapping) else ():
        yield from (("prefix", text[:end]) for end in range(min(len(text), _SIGNS) + 1))
        segments = text.rstrip("/").split("/")[:_SEGMENTS]
        yield from (("below", *segments[:end]) for end in range(1, len(segments) + 1))


def _named_texts(narrow: Any, wide: Any) -> bool:
    if not isinstance(narrow, Mapping) or not isinstance(wide, Mapping):
        return bool(narrow == wide)
    return all(name in narrow and (asked in _PRESENCE or _text(narrow[name], asked)) for name, asked in wide.items())


def _named_text_demands(asked: Any) -> Iterator[Demand]:
    if not isinstance(asked, Mapping):
        yield from _equal_demand(asked)
        return
    for name, text in asked.items():
        yield from ([(name, "there")] if text in _PRESENCE else ((name, *rest) for rest in _text_demands(text)))


def _named_texts_met(narrow: Any) -> Iterator[Demand]:
    if not isinstance(narrow, Mapping):
        yield from _equal_demand(narrow)
        return
    for name, text in narrow.items():
        yield (name, "there")
        yield from ((name, *rest) for rest in _text_met(text))


def _labels(narrow: Any, wide: Any) -> bool:
    if not isinstance(narrow, Mapping) or not isinstance(wide, Mapping):
        return bool(narrow == wide)
    return all(name in narrow and narrow[name] == asked for name, asked in wide.items())


def _label_demands(asked: Any) -> Iterator[Demand]:
    if isinstance(asked, Mapping):
        yield from ((name, _frozen(value)) for name, value in asked.items())
    else:
        yield from _equal_demand(asked)


_ROOT: Mapping[str, str] = {"prefix": "/"}
_ANYTHING: Mapping[str, str] = {"regex": ".*"}
_PRESENCE: Sequence[Mapping[str, str]] = ({}, _ANYTHING)
"""What is said of a header or a query parameter that only has to be there."""
_EVERY_PATH: Sequence[Mapping[str, str]] = (_ROOT, _ANYTHING, {"regex": "/.*"})
"""The first is what Istio makes of a condition that says no path."""
_BEGINNING = re.compile(r"([^\\.+*?()|\[\]{}^$]+)\.\*")
"""A text without signs of an expression, and then anything."""

_EQUAL = _Part(eq, _equal_demand, _equal_demand)
_NAMED = _Part(_named_texts, _named_text_demands, _named_texts_met)
_LABELLED = _Part(_labels, _label_demands, _label_demands)
_PARTS = {
    "uri": _Part(_path, _path_demands, _text_met),
    "headers": _NAMED,
    "queryParams": _NAMED,
    "withoutHeaders": _LABELLED,
    "sourceLabels": _LABELLED,
}
