"""Which resource options a policy can have: those that mean something for a component without children.

A policy's objects are those of its mesh, and each may have several policies
(docs/decisions/0035-options-of-a-policy.md).
"""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from meshhub_pulumi.model.error import Problem

_OWN = frozenset({"aliases", "hide_diffs", "parent"})
"""What is about the policy's own place in the state and in previews."""

_OF_A_MESH = frozenset({"depends_on", "protect", "transformations", "transforms"})
"""What the objects of a mesh have from it: they are registered after it and below it."""


def option_problems(opts: pulumi.ResourceOptions | None) -> Iterator[Problem]:
    """The options of a policy that none of its objects would have."""
    for option, value in sorted(vars(opts or pulumi.ResourceOptions()).items()):
        if option not in _OWN and value not in (None, False, []):
            advice = "give it to the mesh" if option in _OF_A_MESH else "leave it out"
            yield Problem(f"opts.{option}", f"has no effect on the objects, which are those of the mesh: {advice}")
