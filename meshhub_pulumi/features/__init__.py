"""Everything a mesh can do: one file each, and this sorted list. Importing it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from meshhub_pulumi.features import (
    access,
    connect_timeout,
    connection_pool,
    cors_policy,
    east_west_gateway,
    failover,
    failover_aggregate,
    failover_subset,
    fault_injection,
    federated_host,
    global_access,
    header_manipulation,
    mirror,
    other_requests,
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
        connect_timeout.FEATURE,
        connection_pool.FEATURE,
        cors_policy.FEATURE,
        east_west_gateway.FEATURE,
        failover.BACKING,
        failover.FAILOVER,
        failover_aggregate.AGGREGATE,
        failover_aggregate.MEMBER,
        failover_aggregate.SUBSET,
        failover_subset.FEATURE,
        fault_injection.FEATURE,
        federated_host.EXPORT,
        federated_host.IMPORT,
        global_access.DENY,
        global_access.GATEWAYS,
        header_manipulation.FEATURE,
        mirror.FEATURE,
        other_requests.FEATURE,
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
