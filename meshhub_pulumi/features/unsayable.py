"""Unsayable: a value that a dialect has no form for, although it has one for the feature; and routes with no place."""

from __future__ import annotations

from collections.abc import Iterator

from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.plugin import Hook, RouteSite


def unsayable(
    what: str, hook: Hook[RouteSite], site: RouteSite, at: Owner, advice: str | None = None
) -> Iterator[Finding]:
    """That something cannot be expressed, where the route is written at this hook."""
    dialect = site.view.dialect_of[site.cluster]
    if hook in dialect.hooks and hook.place(site):
        yield finding("MH301", f"{what} cannot be expressed in {dialect.title}", at, advice=advice)


def lands(site: RouteSite) -> bool:
    """Whether the cluster's dialect has a place for a route; where it has none, nobody's request takes it."""
    return any(hook.place(site) for hook in site.view.dialect_of[site.cluster].hooks if hook.site is RouteSite)
