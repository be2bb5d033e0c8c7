"""Pulumi components: thin, and the only place that imports Pulumi."""

from meshhub_pulumi.components.access_policy import AccessPolicy as AccessPolicy
from meshhub_pulumi.components.failover_service import FailoverService as FailoverService
from meshhub_pulumi.components.traffic_policy import TrafficPolicy as TrafficPolicy
from meshhub_pulumi.components.virtual_mesh import VirtualMesh as VirtualMesh
