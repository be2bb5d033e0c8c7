"""Fault injection: requests are held back or answered with an error by the client's proxy, to try out what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import Field, model_validator

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.features.percentage import istio_percent, smh_percent, unsaid
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.plugin import Feature, Patch, RouteSite, Whole
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.units import Duration, Percentage, WholeNumber


class FaultDelay(MeshModel):
    """Requests are held back for `fixed_delay`.

    `exponential_delay` exists under `compat="smh-0.8"` only, and no Istio takes it. `percentage` of the requests are
    held back (default: all; under compat none, as Service Mesh Hub 0.8 read it).
    """

    fixed_delay: Duration | None = None
    exponential_delay: Duration | None = None
    percentage: Percentage | None = None

    @model_validator(mode="after")
    def _one_delay(self) -> FaultDelay:
        if (self.fixed_delay is None) == (self.exponential_delay is None):
            raise ValueError("give either a fixed or an exponential delay")
        return self


class FaultAbort(MeshModel):
    """Requests are answered with `http_status` and never sent.

    That befalls `percentage` of them (default: all; under `compat="smh-0.8"` none, as Service Mesh Hub 0.8 read it).
    """

    http_status: Annotated[WholeNumber, Field(ge=200, le=599)]
    percentage: Percentage | None = None


class FaultInjection(MeshModel):
    """A delay, an abort, or both, each for its own share of the requests.

    Both happen before the route's timeout begins and before its retries, which therefore never see them.
    """

    delay: FaultDelay | None = None
    abort: FaultAbort | None = None

    @model_validator(mode="after")
    def _some_fault(self) -> FaultInjection:
        if self.delay is None and self.abort is None:
            raise ValueError("give a delay or an abort")
        return self


def _check(fault: FaultInjection, site: RouteSite, owner: Owner) -> Iterator[Finding]:
    for name in ("delay", "abort"):
        if (one := getattr(fault, name)) is not None:
            yield from unsaid(one.percentage, site, owner.at(f"{owner.path}.{name}"))
    dialect = site.view.dialect_of[site.cluster]
    if fault.delay and fault.delay.exponential_delay and smh.HTTP_ROUTE not in dialect.hooks:
        at = owner.at(f"{owner.path}.delay.exponential_delay")
        yield finding("MH301", f"an exponential delay cannot be expressed in {dialect.title}", at)


def _istio(fault: FaultInjection, _site: RouteSite) -> Patch:
    return _fault(fault, istio_percent)


def _smh(fault: FaultInjection, _site: RouteSite) -> Patch:
    return _fault(fault, smh_percent)


def _fault(fault: FaultInjection, percent: Callable[[float | None], dict[str, float]]) -> Patch:
    patch: dict[str, Any] = {}
    if delay := fault.delay:
        lengths = {"fixedDelay": delay.fixed_delay, "exponentialDelay": delay.exponential_delay}
        length = {name: length for name, length in lengths.items() if length}
        patch["delay"] = {**length, "percentage": percent(delay.percentage)}
    if abort := fault.abort:
        patch["abort"] = {"httpStatus": abort.http_status, "percentage": percent(abort.percentage)}
    return {"fault": Whole(patch)}


FEATURE = Feature(
    name="fault_injection",
    title="Fault injection",
    render={istio.HTTP_ROUTE: _istio, smh.HTTP_ROUTE: _smh},
    check=_check,
)
