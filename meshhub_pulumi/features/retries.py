"""Retries: which failed requests a client's proxy repeats, and how often."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.plugin import Feature, Patch, RouteSite, Whole
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.units import Duration, WholeNumber, shaped


class Retries(MeshModel):
    """How a failed request is repeated.

    `attempts` counts the repetitions (0 switches Istio's two default ones off). `per_try_timeout` bounds each try.
    `retry_on` lists Envoy's conditions (default: Istio's). `remote_localities` lets a repetition leave the locality.
    Repetitions are safe for idempotent requests only.
    """

    attempts: Annotated[WholeNumber, Field(ge=0, le=100)]
    per_try_timeout: Duration | None = None
    retry_on: Many[
        Annotated[str, shaped(r"[a-z0-9-]+", "must be one of Envoy's conditions, such as 5xx or reset")]
    ] = ()
    remote_localities: bool | None = None


def _istio(retries: Retries, _site: RouteSite) -> Patch:
    patch: dict[str, object] = {"attempts": retries.attempts}
    if retries.per_try_timeout:
        patch["perTryTimeout"] = retries.per_try_timeout
    if retries.retry_on:
        patch["retryOn"] = ",".join(retries.retry_on)
    if retries.remote_localities is not None:
        patch["retryRemoteLocalities"] = retries.remote_localities
    return {"retries": Whole(patch)}


FEATURE = Feature(name="retries", title="Retries", render={istio.HTTP_ROUTE: _istio, smh.HTTP_ROUTE: _istio})
