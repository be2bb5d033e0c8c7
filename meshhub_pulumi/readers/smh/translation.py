"""Translations: what has become of a foreign document so far, with the spelling of every path and all faults."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a path of the foreign document."""

    code: str
    path: str
    message: str


class RefusedError(ValueError):
    """A value that a shape cannot take, with the code to report it under."""

    def __init__(self, message: str, code: str = "MH100") -> None:
        super().__init__(message)
        self.code = code


LEFT_OUT = object()
"""What a shape gives for a value that means the same as no value."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A document as far as it was translated.

    `fields` are our model's, `spelled` maps each of its paths to the document's, `meshes` resolves the name of a
    Mesh object to that of its cluster, `virtual_meshes` are the namespaces and names of what joins clusters. `closed`:
    whether a key without a row is a fault.
    """

    meshes: Callable[[str], str]
    virtual_meshes: Collection[tuple[str, str]] = ()
    closed: bool = True
    fields: dict[str, Any] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: str, message: str, code: str = "MH100") -> None:
        """Something wrong at a path of the document."""
        self.faults.append(Fault(code, path, message))

    def learn(self, ours: str, theirs: str) -> None:
        """A path of ours, in the document's spelling; the first one stays."""
        self.spelled.setdefault(ours, theirs)


@dataclass(frozen=True, slots=True)
class At:
    """Two paths of one thing: in our model and in the document."""

    ours: str
    theirs: str

    def item(self, index: int) -> At:
        """An item of a list that both have in the same order."""
        return At(f"{self.ours}[{index}]", f"{self.theirs}[{index}]")
