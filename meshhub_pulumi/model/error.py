"""The one exception that leaves the library, raised once at a door and carrying every problem it found.

Inside a Pulumi program it is also a `pulumi.RunError`, which the engine prints as a plain message instead of
a traceback. The model may not import Pulumi (see docs/architecture.md), so the class is chosen when the error
is made: whoever runs under Pulumi has imported it already.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from meshhub_pulumi.model.finding import Finding

E = TypeVar("E", bound="MeshError")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of an argument: where it stands and what is wrong with it."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


class MeshError(Exception):
    """Something the user wrote cannot be used; the message names every problem."""

    findings: Sequence[Finding] = ()


class ArgsError(MeshError):
    """Arguments that do not fit their model.

    `title` names the object (`TrafficPolicy 'reviews'`), `problems` are all its faults, each with its path.
    """

    def __init__(self, title: str, problems: Sequence[Problem]) -> None:
        self.title = title
        self.problems = tuple(problems)
        super().__init__(_sentence(title, [str(problem) for problem in problems]))


class CompileError(MeshError):
    """A mesh whose findings hold at least one error; nothing was registered or written."""

    def __init__(self, title: str, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(_sentence(title, [finding.sentence() for finding in findings]))


def _sentence(title: str, lines: Sequence[str]) -> str:
    if len(lines) == 1:
        return f"{title}: {lines[0]}"
    return "\n  ".join([f"{title}: {len(lines)} problems", *lines])


def args_error(title: str, problems: Sequence[Problem]) -> ArgsError:
    """An `ArgsError`, printable by the Pulumi engine where the program runs under it."""
    return _for_this_door(ArgsError)(title, problems)


def compile_error(title: str, findings: Sequence[Finding]) -> CompileError:
    """A `CompileError`, printable by the Pulumi engine where the program runs under it."""
    return _for_this_door(CompileError)(title, findings)


def _for_this_door(error: type[E]) -> type[E]:
    run_error = getattr(sys.modules.get("pulumi"), "RunError", None)
    return error if run_error is None else _printable(error, run_error)


def _printable(error: type[E], run_error: type[Exception]) -> type[E]:
    return type(error.__name__, (error, run_error), {"__module__": error.__module__})
