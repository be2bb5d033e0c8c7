"""The Istio releases that are supported, and what one of them treats differently of what is written here.

A row needs a source: a release note, an API change or the code of the tags. What was compared, and what was found to be
alike, is in docs/decisions/0027-istio-releases.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.release import Difference, Release, Releases


def _detection_without_health(body: Mapping[str, Any]) -> Iterator[str]:
    detection = body["spec"].get("trafficPolicy", {}).get("outlierDetection")
    if detection is not None and not detection.get("minHealthPercent"):
        yield "spec.trafficPolicy.outlierDetection"


RELEASES = Releases(
    product="Istio",
    supported=tuple(Release(1, minor) for minor in (28, 29, 30, 31)),
    differences=(
        Difference(
            title="Outlier detection with a `min_health_percent` of 0",
            kind="DestinationRule",
            places=_detection_without_health,
            since=Release(1, 31),
            effect="proxies are told of pods that are not ready too, so these count in the share of healthy ones, and "
            "failover begins while others still work",
            advice="Set min_health_percent to 1 or more: then only ready pods are told of, as in every release.",
            source="istio/istio#60690 (releasenotes/notes/60690.yaml of 1.31): PILOT_AUTO_SEND_UNHEALTHY_ENDPOINTS",
        ),
    ),
)
