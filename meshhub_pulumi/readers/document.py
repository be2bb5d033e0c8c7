"""Documents: a text becomes the values it holds, and a path in one of them becomes a line of the text.

Lines are looked up only when something asks for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from meshhub_pulumi.readers.build import TOO_DEEP, Builder, Built, Repeated, refused, short
from meshhub_pulumi.readers.lines import Step, lines_down, steps_of
from meshhub_pulumi.readers.source import Source

_SCANNER_TOO_DEEP = "exceeded maximum nesting depth"
"""The words of newer libyaml, whose scanner runs ahead of the events and has a bound of its own, above ours."""


@dataclass(frozen=True, eq=False, slots=True)
class Document:
    """One value of a text, and where it stands.

    Its YAML document lies between two characters of the text, from the line `first` (counted from 1) on. The value
    itself starts at `line`; `within` leads to it, and `items` are the lines of those in it, if it is a list of objects.
    """

    value: Any
    source: Source
    start: int
    end: int
    first: int
    line: int
    repeated: tuple[Repeated, ...] = ()
    within: tuple[Step, ...] = ()
    items: tuple[int, ...] = ()

    def line_of(self, path: str) -> int:
        """The line of a path such as `spec.trafficShift[1].weight`, or of its nearest ancestor that exists."""
        if not path:
            return self.line
        steps = (*self.within, *steps_of(path))
        return self.first + lines_down(self.source, self.start, self.end, steps)

    def objects(self) -> Iterator[Document]:
        """The document itself, or the objects in it where it is a list of them."""
        value = self.value
        if not isinstance(value, dict) or not str(value.get("kind")).endswith("List"):
            yield self
            return
        listed = value.get("items")
        if not isinstance(listed, list) or (not listed and self.repeated):
            yield self
            return
        for index, item in enumerate(listed):
            line = self.items[index] if index < len(self.items) else self.line  # an alias stands for all of them
            path = f"items[{index}]."
            repeated = tuple(
                Repeated(x.path.removeprefix(path), x.line)
                for x in self.repeated
                # those of the list itself are told with the first
                if x.path.startswith(path) or (index == 0 and not x.path.startswith("items["))
            )
            within = ("items", index)
            yield Document(item, self.source, self.start, self.end, self.first, line, repeated, within)


def read_documents(source: Source) -> list[Document]:
    """Every document of a text; raises `InputError` where it is not YAML, or not bounded."""
    loader = yaml.CSafeLoader(source.text)
    try:
        return [_document(built, source) for built in Builder(source, loader).documents()]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        if error.problem == _SCANNER_TOO_DEEP:
            raise refused(source, line, *TOO_DEEP) from None
        raise refused(source, line, f"is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise refused(
            source, _line_at(source, getattr(error, "position", None)), f"is not YAML: {short(error)}"
        ) from None
    finally:
        loader.dispose()


def _document(built: Built, source: Source) -> Document:
    return Document(
        built.value, source, built.start, built.end, built.line, built.line, built.repeated, items=built.items
    )


def _line_at(source: Source, position: int | None) -> int | None:
    # libyaml counts bytes here
    return None if position is None else source.text.encode().count(b"\n", 0, position) + 1
