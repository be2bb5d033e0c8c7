"""One run of a program: its meshes, and what must be true of them when it ends.

To the engine a program that ends without an error has described everything that is to be, and what it did not describe
is deleted. A mesh of which nothing was registered therefore fails the program, whatever became of the error that the
mesh or its block ended with: swallowed, or replaced by `sys.exit(0)`, it would delete the live mesh in silence
(docs/decisions/0004-with-closes-the-mesh.md).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Protocol

import pulumi
from pulumi.runtime.stack import Stack

from meshhub_pulumi.model.error import MeshError
from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.model.topology import Cluster

_KEY = "_meshhub_run"
"""Where a stack keeps its run: it lives as long, and another run in the same process has another stack."""


class Member(Protocol):
    """A mesh, as far as its run looks at it."""

    def end(self) -> MeshError | None:
        """Called when the program has ended: why nothing of the mesh is deployed, if so."""


class Run:
    """The meshes of one run of a program, in its order."""

    def __init__(self, stack: pulumi.ComponentResource) -> None:
        self.meshes: list[Member] = []
        self._claims: list[tuple[Cluster, Spec]] = []
        self._register = stack.register_outputs
        stack.register_outputs = self._end  # type: ignore[method-assign]

    def claim(self, spec: Spec, clusters: Sequence[Cluster]) -> list[Finding]:
        """Take the clusters of one more mesh; those that another one has already are found, as in one compile.

        Each mesh compiles alone, so two over one cluster would each write its objects as if there were no other. One
        provider under two names is one cluster.
        """
        found = []
        for index, cluster in enumerate(clusters):
            for other, first in self._claims:
                at, has_it = spec.owner.at(f"clusters[{index}]"), f"already belongs to {first.owner.where()}"
                if cluster.name == other.name:
                    found.append(finding("MH108", f"cluster {cluster.name} {has_it}", at))
                elif cluster.provider is other.provider:
                    reason = f"{cluster.name} has the provider of {other.name}, which {has_it}"
                    found.append(finding("MH108", reason, at))
        self._claims += [(cluster, spec) for cluster in clusters]
        return found

    def _end(self, outputs: pulumi.Inputs) -> None:
        """In the place of the stack's own: the SDK calls it once, when program and `pulumi.run` are through.

        It does so in a `finally`: the exception that goes through it is what the program ends with. Where that is an
        error already, the user sees that one.
        """
        problems = [problem for mesh in self.meshes if (problem := mesh.end())]
        if problems and _succeeds(sys.exception()):
            raise problems[0]
        self._register(outputs)


def current_run() -> Run | None:
    """The run of the program that is being run; there is none where a unit test makes resources without a program.

    Whether a stack has ended the SDK keeps to itself: with one that keeps it elsewhere there is none, either.
    """
    stack = pulumi.runtime.get_root_resource()
    if not isinstance(stack, Stack) or getattr(stack, "_outputs_registered", True):
        return None
    if _KEY not in vars(stack):
        setattr(stack, _KEY, Run(stack))
    return vars(stack)[_KEY]  # type: ignore[no-any-return]


def _succeeds(error: BaseException | None) -> bool:
    """Whether the engine takes a program that ends with this for one that succeeded."""
    return error is None or (isinstance(error, SystemExit) and not error.code)
