"""Places: paths and findings in the spelling of the document that they are about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from meshhub_pulumi.model.finding import Finding, Origin, Where, finding
from meshhub_pulumi.model.path import camel_path
from meshhub_pulumi.readers.document import Document

_LAST_STEP = re.compile(r'(\.?[^.\[\]"]+|\[\d+\]|\["[^"]*"\])\Z')


def below(parent: str, child: str) -> str:
    """A path and a path below it as one."""
    return f"{parent}.{child}" if parent and child and not child.startswith("[") else f"{parent}{child}"


def own_spelling(prefix: str) -> Callable[[str], str]:
    """How our own YAML spells the model's paths: in camelCase, below `prefix`."""
    return lambda path: below(prefix, camel_path(path)) if path else ""


@dataclass(frozen=True)
class Spelling:
    """How a foreign document spells the model's paths, for every path that a reader translated."""

    known: Mapping[str, str]
    top: str = "spec"

    @cached_property
    def _in_camel(self) -> Mapping[str, str]:
        """The same by paths in one spelling: whoever asks may write snake_case or camelCase."""
        return {camel_path(ours): theirs for ours, theirs in self.known.items()}

    def __call__(self, path: str) -> str:
        """The document's path, by the nearest ancestor that was translated."""
        left, rest = path, ""
        while left:
            if (theirs := self._in_camel.get(camel_path(left))) is not None:
                return below(theirs, camel_path(rest.removeprefix(".")))
            step = _LAST_STEP.search(left)
            if step is None:
                break
            left, rest = left[: step.start()], step.group() + rest
        return self.top if path else ""


@dataclass(frozen=True, eq=False)
class Place:
    """One object of a document: what findings call it, and where its paths stand."""

    title: str
    document: Document

    def found(
        self, code: str, path: str, message: str, *, line: int | None = None, advice: str | None = None
    ) -> Finding:
        """A finding at a path in the document's own spelling."""
        line = line or self.document.line_of(path)
        return finding(code, message, Where(self.title, path, self.document.source.name, line), advice=advice)

    def origin(self, spell: Callable[[str], str]) -> Origin:
        """The origin of a spec whose paths the document spells so."""
        return Origin(self.document.source.name, spell, lambda path: self.document.line_of(spell(path)))
