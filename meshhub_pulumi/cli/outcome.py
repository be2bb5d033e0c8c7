"""Outcome: the inputs of a verb, read and compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meshhub_pulumi.cli.progress import Progress
from meshhub_pulumi.model.error import ArgsError, CompileError
from meshhub_pulumi.model.finding import Finding, Where, errors_in, finding, in_order
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.view import View
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.readers.loaded import Loaded
from meshhub_pulumi.standard import compile_standard

_REFERRED_TO_BY_NONE = frozenset({"AccessPolicy", "TrafficPolicy"})
"""Kinds that no other spec depends on: without one of them, what is said of the others still holds."""


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """What the inputs compile to, None where they could not be compiled, and everything that is wrong with them."""

    manifests: Mapping[ManifestKey, Manifest] | None
    findings: Sequence[Finding]
    view: View | None = None
    """What the manifests came from."""

    @property
    def failed(self) -> bool:
        """Whether a finding is an error."""
        return bool(errors_in(self.findings))

    def usable(self, *, force: bool) -> Mapping[ManifestKey, Manifest] | None:
        """The manifests, unless an error forbids to use them; where there are none, nothing can be forced."""
        return self.manifests if force or not self.failed else None


def outcome_of(inputs: Sequence[str], snapshot: str | None, dialect: str | None, progress: Progress) -> Outcome:
    """Read and compile the inputs; `dialect` overrides what they say of it.

    Where an object could not be read that others depend on, nothing is compiled: what would be said of them could be
    untrue.
    """
    progress.now("Reading")
    try:
        loaded = read(inputs, snapshot)
    except (ArgsError, CompileError) as error:  # a program gave up at the first object that does not fit
        return Outcome(None, told(error))
    if _misleading(loaded):
        return Outcome(None, loaded.findings)
    progress.now("Compiling")
    compiled = compile_standard(loaded.specs, loaded.snapshot, dialect)
    return Outcome(compiled.manifests, in_order([*loaded.findings, *compiled.findings]), compiled.view)


def told(error: ArgsError | CompileError) -> Sequence[Finding]:
    """What an object of a program that does not fit, or a mesh of it, is told as."""
    if isinstance(error, CompileError):
        return in_order(error.findings)
    return in_order(finding("MH100", x.reason, Where(error.title, x.path)) for x in error.problems)


def _misleading(loaded: Loaded) -> bool:
    there = {spec.owner.object for spec in loaded.specs}
    unread = {x.where.object for x in errors_in(loaded.findings)} - there
    return any(title.split(" ", 1)[0] not in _REFERRED_TO_BY_NONE for title in unread)
