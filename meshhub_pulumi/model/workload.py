"""Selectors of workloads: the callers that a policy speaks about."""

from __future__ import annotations

from pydantic import Field

from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.units import DnsLabel, FrozenLabels, Labels


class WorkloadSelector(MeshModel):
    """Workloads by the labels of their pods, their namespaces and clusters; empty is no restriction."""

    labels: Labels = Field(default_factory=FrozenLabels)
    namespaces: Many[DnsLabel] = ()
    clusters: Many[DnsLabel] = ()
