"""Everything a mesh can do: one file each, and this sorted list. Importing it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from meshhub_pulumi.features import (
    access,
    east_west_gateway,
    failover,
    federated_host,
    global_access,
    outlier_detection,
    presence,
    retries,
    strict_mtls,
    subset,
    timeout,
    tls,
    traffic_shift,
)
from meshhub_pulumi.model.plugin import Feature

FEATURES: Mapping[str, Feature] = {
    feature.name: feature
    for feature in (
        access.FEATURE,
        east_west_gateway.FEATURE,
        failover.BACKING,
        failover.FAILOVER,
        federated_host.EXPORT,
        federated_host.IMPORT,
        global_access.DENY,
        global_access.GATEWAYS,
        outlier_detection.FEATURE,
        presence.FEATURE,
        retries.FEATURE,
        strict_mtls.FEATURE,
        subset.FEATURE,
        timeout.FEATURE,
        tls.FEATURE,
        traffic_shift.FEATURE,
    )
}
