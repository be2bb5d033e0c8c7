"""Building: the parser's events become the values of a text, and the lines that nobody could find again.

That costs a fraction of what building values from nodes costs and needs no recursion: however a text is nested or its
aliases multiply, reading it is bounded. Keys of mappings are text as it is written (YAML 1.1 would read `on` as a truth
value).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml import events

from meshhub_pulumi.readers.error import InputError
from meshhub_pulumi.readers.source import Source

_DEEPEST = 100
TOO_DEEP = (f"is nested deeper than {_DEEPEST} levels", "flatten it")
"""Why such a text is refused, and what to do."""
_ITEMS = 2
"""How many mappings and lists are open around the items of a list of objects."""
_SPARE_NODES = 100_000

_STR = "tag:yaml.org,2002:str"
_TEXTS = (_STR, "tag:yaml.org,2002:timestamp")
"""What stays text where no tag asks for more: a time, too, as Kubernetes reads it."""
_CONTAINERS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!", None)
_MERGE = "<<"


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that stands in one mapping twice; the later value is the one that counts."""

    path: str
    line: int


@dataclass(frozen=True, eq=False, slots=True)
class Built:
    """One value of a text, and the characters between which its YAML document lies.

    It starts at `line`; `items` are the lines of the objects in it, if it is a list of them.
    """

    value: Any
    start: int
    end: int
    line: int
    repeated: tuple[Repeated, ...]
    items: tuple[int, ...]


def refused(source: Source, line: int | None, reason: str, todo: str = "correct it") -> InputError:
    """The error of a text that cannot be read, with the line, why, and what to do."""
    place = f"{source.name}:{line}" if line else source.name
    return InputError(f"{place}: {reason}; {todo}")


def short(error: yaml.YAMLError) -> str:
    """The first line of what the parser says."""
    return str(getattr(error, "reason", None) or error).split("\n", 1)[0]


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being filled; `key` is the one whose value comes next."""

    value: Any
    anchor: str | None = None
    before: int = 0
    key: str | None = None
    merged: list[Any] = field(default_factory=list)


class Builder:
    """Builds values from the events of one text."""

    def __init__(self, source: Source, loader: Any) -> None:
        self.source, self.loader = source, loader
        self.plain: dict[str, Any] = {}
        self.most = len(source.text) + _SPARE_NODES
        self._start_document()

    def _start_document(self) -> None:
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.repeated: list[Repeated] = []
        self.items: list[int] = []
        self.count = 0
        self.root: Any = None
        self.start: Any = None

    def documents(self) -> Iterator[Built]:
        """Every value of the text, one after the other."""
        get = self.loader.get_event
        act = {
            events.ScalarEvent: self._scalar,
            events.MappingStartEvent: self._start,
            events.SequenceStartEvent: self._start,
            events.MappingEndEvent: self._end,
            events.SequenceEndEvent: self._end,
            events.AliasEvent: self._alias,
        }
        while True:
            event = get()
            if (step := act.get(type(event))) is not None:
                if len(self.open) == _ITEMS and self.open[0].key == "items" and step != self._end:
                    self.items.append(event.start_mark.line + 1)
                step(event)
            elif type(event) is events.DocumentEndEvent:
                assert event.start_mark is not None
                if self.start is not None and self.root is not None:
                    yield Built(
                        self.root,
                        self.start.index,
                        event.start_mark.index,
                        self.start.line + 1,
                        tuple(self.repeated),
                        tuple(self.items),
                    )
                self._start_document()
            elif type(event) is events.StreamEndEvent:
                return

    def _scalar(self, event: Any) -> None:
        self.count += 1
        text = event.value
        if self.open and (top := self.open[-1]).key is None and type(top.value) is dict:
            top.key = text
            if event.anchor:
                self.anchors[event.anchor] = (text, 1)
            return
        value = text if event.tag is None and not event.implicit[0] else self._resolved(event, text)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._put(value, event)

    def _resolved(self, event: Any, text: str) -> Any:
        if event.tag is None:
            if text not in self.plain:
                tag = self.loader.resolve(yaml.ScalarNode, text, (True, False))
                self.plain[text] = text if tag in _TEXTS else self._constructed(event, tag, text)
            return self.plain[text]
        return text if event.tag in (_STR, "!") else self._constructed(event, event.tag, text)

    def _constructed(self, event: Any, tag: str, text: str) -> Any:
        node = yaml.ScalarNode(tag, text, event.start_mark, event.end_mark)
        try:
            return self.loader.construct_object(node, deep=True)  # else a mapping of a text is built later, or never
        except yaml.YAMLError as error:
            problem = getattr(error, "problem", None) or short(error)
            raise self._wrong(event, f"cannot be read: {problem}") from None
        except (ValueError, OverflowError) as error:  # a date that does not exist, a number without end
            raise self._wrong(event, f"{text[:40]!r} cannot be read: {error}", "write it in quotes") from None
        except (AttributeError, LookupError):  # how the library meets a text that the tag in front of it does not fit
            raise self._wrong(event, f"{text[:40]!r} is no {tag.rsplit(':', 1)[-1]}", "remove the tag") from None

    def _start(self, event: Any) -> None:
        self.count += 1
        if self.open and self.open[-1].key is None and type(self.open[-1].value) is dict:
            raise self._wrong(event, "a key is a mapping or a list", "write a text as the key")
        if event.tag not in _CONTAINERS:
            raise self._wrong(event, f"the tag {event.tag} is not known", "remove it")
        if len(self.open) >= _DEEPEST:
            raise self._wrong(event, *TOO_DEEP)
        value: Any = {} if type(event) is events.MappingStartEvent else []
        self._put_open(value, event)
        self.open.append(_Open(value, event.anchor, self.count))

    def _put_open(self, value: Any, event: Any) -> None:
        # the parent's key is kept until its value is closed, so that paths can be told
        if not self.open:
            self.root, self.start = value, event.start_mark
            return
        top = self.open[-1]
        if type(top.value) is list:
            top.value.append(value)
        elif top.key != _MERGE:
            self._set(top, value, event)

    def _end(self, event: Any) -> None:
        done = self.open.pop()
        for source in done.merged:
            for key, value in source.items():
                done.value.setdefault(key, value)
        if done.anchor:
            self.anchors[done.anchor] = (done.value, self.count - done.before)
        self._close(done.value, event)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise self._wrong(event, f"the alias *{event.anchor} refers to nothing before it", "define its anchor")
        value, size = self.anchors[event.anchor]
        self.count += size + 1
        if self.count > self.most:
            raise self._wrong(event, "the aliases expand without bound", "write less with aliases")
        if self.open and (top := self.open[-1]).key is None and type(top.value) is dict:
            if not isinstance(value, str):
                raise self._wrong(event, "a key is an alias of something else than text", "write a text as the key")
            top.key = value
            return
        self._put(value, event)

    def _put(self, value: Any, event: Any) -> None:
        self._put_open(value, event)
        self._close(value, event)

    def _close(self, value: Any, event: Any) -> None:
        """The value of the innermost key is complete."""
        if self.open and type((top := self.open[-1]).value) is dict:
            if top.key == _MERGE:
                self._merge(top, value, event)
            top.key = None

    def _set(self, top: _Open, value: Any, event: Any) -> None:
        if top.key in top.value:
            self.repeated.append(Repeated(self._path(), event.start_mark.line + 1))
            if len(self.open) == 1:
                self.items.clear()
        top.value[top.key] = value

    def _merge(self, top: _Open, value: Any, event: Any) -> None:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise self._wrong(event, "`<<` merges something else than mappings", "write the fields out")
        if top.merged:
            self.repeated.append(Repeated(self._path(), event.start_mark.line + 1))
        top.merged += sources

    def _path(self) -> str:
        path = ""
        for level in self.open:
            if type(level.value) is list:
                path += f"[{len(level.value) - 1}]"
            else:
                path += f".{level.key}" if path else str(level.key)
        return path

    def _wrong(self, event: Any, reason: str, todo: str = "correct it") -> InputError:
        return refused(self.source, event.start_mark.line + 1, reason, todo)
