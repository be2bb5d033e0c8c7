"""Percentage: how many of the requests a feature touches, and what it means to say none.

Today that is all of them, as for every other feature; Istio itself would inject no fault then. Service Mesh Hub 0.8
wrote the 0 that protobuf reads where nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.plugin import RouteSite


def istio_percent(percentage: float | None) -> dict[str, float]:
    """Istio's Percent; none said is every request."""
    return {"value": 100 if percentage is None else percentage}


def smh_percent(percentage: float | None) -> dict[str, float]:
    """The Percent that Service Mesh Hub 0.8 wrote; none said is no request."""
    return {"value": percentage or 0}


def unsaid(percentage: float | None, site: RouteSite, at: Owner) -> Iterator[Finding]:
    """That a percentage is missing where this means that nothing happens."""
    if percentage is None and smh.HTTP_ROUTE in site.view.dialect_of[site.cluster].hooks:
        yield finding("MH305", "no percentage is said, which is read as 0: no request is touched", at)
