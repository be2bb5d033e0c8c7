"""Retries: which failed requests a client's proxy repeats, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from meshhub_pulumi.dialects.gateway_api import hooks as gateway_api
from meshhub_pulumi.dialects.gateway_api.values import duration
from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.features.unsayable import unsayable
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.nearest import among
from meshhub_pulumi.model.plugin import Feature, Patch, RouteSite, Whole
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.units import Duration, WholeNumber

_CONDITIONS = frozenset(
    {
        *("5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "refused-stream"),
        *("retriable-4xx", "retriable-status-codes", "retriable-headers", "envoy-ratelimited"),
        "http3-post-connect-failure",
        *("cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"),
    }
)
"""Envoy's conditions, as far as Istio's validation lets them pass; the last five are gRPC's."""

_STATUSES = frozenset(str(status.value) for status in HTTPStatus)

_SLOWNESS = frozenset({"5xx", "gateway-error", "reset"})
"""The conditions that a try fulfils when its time is over: Envoy takes that for a reset."""


def _condition(text: str) -> str:
    if text not in _CONDITIONS and text not in _STATUSES:
        raise ValueError(f"must be a status such as 503, or one of Envoy's conditions ({among(text, _CONDITIONS)})")
    return text


class Retries(MeshModel):
    """How a failed request is repeated.

    `attempts` counts the repetitions (0 switches Istio's two default ones off). `per_try_timeout` bounds each try.
    `retry_on` lists Envoy's conditions and statuses. The default is Istio's: `connect-failure`, `refused-stream`, and
    gRPC's `unavailable` and `cancelled`, which mostly means requests that nobody has begun to answer; neither a 503 nor
    a try that took too long is repeated. `remote_localities` lets a repetition leave the locality.
    Repetitions are safe for idempotent requests only.
    """

    attempts: Annotated[WholeNumber, Field(ge=0, le=100)]
    per_try_timeout: Duration | None = None
    retry_on: Many[Annotated[str, AfterValidator(_condition)]] = ()
    remote_localities: bool | None = None

    @model_validator(mode="after")
    def _none_says_no_more(self) -> Retries:
        if not self.attempts and (self.per_try_timeout or self.retry_on or self.remote_localities is not None):
            raise ValueError("with 0 attempts nothing is repeated, and Istio refuses to be told how")
        return self


def _slow_tries(retries: Retries, owner: Owner) -> Iterator[Finding]:
    if retries.per_try_timeout and not _SLOWNESS.intersection(retries.retry_on):
        message = f"a try that takes longer than {retries.per_try_timeout} ends the request: nothing repeats it"
        yield finding("MH136", message, owner.at(f"{owner.path}.per_try_timeout"))


def _istio(retries: Retries, _site: RouteSite) -> Patch:
    patch: dict[str, object] = {"attempts": retries.attempts}
    if retries.per_try_timeout:
        patch["perTryTimeout"] = retries.per_try_timeout
    if retries.retry_on:
        patch["retryOn"] = ",".join(retries.retry_on)
    if retries.remote_localities is not None:
        patch["retryRemoteLocalities"] = retries.remote_localities
    return {"retries": Whole(patch)}


_ALWAYS = frozenset({"connect-failure", "refused-stream", "unavailable", "cancelled"})
"""After what Istio repeats a request of an HTTPRoute that has retries, whatever else that names."""

_CODES = range(400, 600)
"""The status codes that it may name."""


def _gateway_api(retries: Retries, _site: RouteSite) -> Patch:
    patch: dict[str, object] = {"attempts": retries.attempts}
    if codes := [int(code) for code in retries.retry_on if code.isdigit()]:
        patch["codes"] = sorted(set(codes))
    # also where there is none: then that of a wider policy's retries does not hold either
    one_try = duration(retries.per_try_timeout) if retries.per_try_timeout else None
    return {"retry": Whole(patch), "timeouts": {"backendRequest": one_try}}


def _check(retries: Retries, site: RouteSite, owner: Owner) -> Iterator[Finding]:
    yield from _slow_tries(retries, owner)
    missing = {
        "attempts": "no retries at all" if retries.attempts == 0 else "",
        "retry_on": _other_conditions(retries),
        "remote_localities": "a retry that leaves the locality" if retries.remote_localities else "",
    }
    for name, what in missing.items():
        if what:
            at = owner.at(f"{owner.path}.{name}")
            yield from unsayable(what, gateway_api.HTTP_ROUTE, site, at, _ADVICE.get(name))


def _other_conditions(retries: Retries) -> str:
    """What of the conditions makes them others than those there are always, and status codes."""
    said = {x for x in retries.retry_on if not (x.isdigit() and int(x) in _CODES)} - {"retriable-status-codes"}
    if more := sorted(said - _ALWAYS):
        return f"a retry after {', '.join(more)}"
    left_out = sorted(_ALWAYS - said) if retries.retry_on else []
    return f"no retry after {', '.join(left_out)}" if left_out else ""


_ADVICE = {"retry_on": f"Leave it out, or name {', '.join(sorted(_ALWAYS))} and status codes from 400 to 599."}

FEATURE = Feature(
    name="retries",
    title="Retries",
    render={
        istio.HTTP_ROUTE: _istio,
        gateway_api.HTTP_ROUTE: _gateway_api,
        gateway_api.FAILOVER_ROUTE: _istio,
        smh.HTTP_ROUTE: _istio,
    },
    check=_check,
)
