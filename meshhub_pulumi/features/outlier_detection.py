"""Outlier detection: which endpoints are left out for a while because they keep failing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.plugin import Feature, HostSite, Patch, Whole
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.units import Duration, WholeNumber
from meshhub_pulumi.model.view import Role


class OutlierDetection(MeshModel):
    """When an endpoint is ejected and for how long.

    `consecutive_errors` of the 5xx kind eject it (default 5), judged each `interval` (10s) and on the last error;
    it stays out for `base_ejection_time` (30s) times its number of ejections. Up to `max_ejection_percent` (100) of
    the endpoints may be out: Istio's own 10, which it takes a 0 for, kept failing pods in use
    (solo-io/gloo-mesh#948). While less than
    `min_health_percent` (1) of all endpoints are left in, ejections are ignored: errors of every endpoint end when
    their cause does, not with the ejections. 0 is Istio's own default: never ignored.
    """

    consecutive_errors: Annotated[WholeNumber, Field(ge=1)] = 5
    interval: Duration = "10s"
    base_ejection_time: Duration = "30s"
    max_ejection_percent: Annotated[WholeNumber, Field(ge=1, le=100)] = 100
    min_health_percent: Annotated[WholeNumber, Field(ge=0, le=100)] = 1


def ejection(outlier: OutlierDetection) -> Patch:
    """The patch of a DestinationRule's traffic policy."""
    return {"outlierDetection": Whole({**_detection(outlier), "minHealthPercent": outlier.min_health_percent})}


def _detection(outlier: OutlierDetection) -> dict[str, object]:
    return {
        "consecutive5xxErrors": outlier.consecutive_errors,
        "interval": outlier.interval,
        "baseEjectionTime": outlier.base_ejection_time,
        "maxEjectionPercent": outlier.max_ejection_percent,
    }


def _istio(outlier: OutlierDetection, _site: HostSite) -> Patch:
    return ejection(outlier)


def _smh(outlier: OutlierDetection, _site: HostSite) -> Patch:
    """Service Mesh Hub had no such limit; one that is asked for is written all the same."""
    if "min_health_percent" in outlier.model_fields_set:
        return ejection(outlier)
    return {"outlierDetection": Whole(_detection(outlier))}


FEATURE = Feature(
    name="outlier_detection",
    title="Outlier detection",
    render={istio.TRAFFIC_POLICY: _istio, smh.TRAFFIC_POLICY: _smh},
    # where a host is served its gateway picks the pod, so it must leave out the failing ones too
    roles=frozenset({Role.LOCAL, Role.IMPORT, Role.EXPORT}),
)
