"""Compiles as the sides of a review, and single objects changed by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from meshhub_pulumi.engine.compile import Compiled
from meshhub_pulumi.report.compare.compare import Side, compare
from meshhub_pulumi.report.compare.effect import Effect, Review


def side(made: Compiled) -> Side:
    """A compile as one side of a review."""
    return Side(made.findings, made.manifests, made.view)


def changed(made: Compiled, kind: str, name: str, cluster: str, change: Callable[[Any], object]) -> Side:
    """A compile with the spec of one object changed by hand."""
    (key,) = (x for x in made.manifests if (x.kind, x.name, x.cluster) == (kind, name, cluster))
    body: Mapping[str, Any] = deepcopy(made.manifests[key].body)
    change(body["spec"])
    return replace(side(made), manifests={**made.manifests, key: replace(made.manifests[key], body=body)})


def reviewed(base: Compiled | Side, head: Compiled | Side) -> Review:
    """The review of two compiles."""
    one, other = (x if isinstance(x, Side) else side(x) for x in (base, head))
    return compare(one, other)


def effect(base: Compiled | Side, head: Compiled | Side) -> Effect:
    """What the mesh does differently."""
    found = reviewed(base, head).effect
    assert found is not None
    return found
