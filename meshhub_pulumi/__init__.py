"""Typed Pulumi components that turn one program into the service mesh of many Kubernetes clusters.

Names are loaded when they are first used: nothing here needs Pulumi until a component is touched.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from meshhub_pulumi.version import __version__ as __version__

if TYPE_CHECKING:
    from meshhub_pulumi.components import AccessPolicy as AccessPolicy
    from meshhub_pulumi.components import FailoverService as FailoverService
    from meshhub_pulumi.components import TrafficPolicy as TrafficPolicy
    from meshhub_pulumi.components import VirtualMesh as VirtualMesh
    from meshhub_pulumi.features.connection_pool import ConnectionPool as ConnectionPool
    from meshhub_pulumi.features.connection_pool import TcpKeepalive as TcpKeepalive
    from meshhub_pulumi.features.cors_policy import CorsPolicy as CorsPolicy
    from meshhub_pulumi.features.cors_policy import OriginMatch as OriginMatch
    from meshhub_pulumi.features.fault_injection import FaultAbort as FaultAbort
    from meshhub_pulumi.features.fault_injection import FaultDelay as FaultDelay
    from meshhub_pulumi.features.fault_injection import FaultInjection as FaultInjection
    from meshhub_pulumi.features.federation import FederationRule as FederationRule
    from meshhub_pulumi.features.header_manipulation import HeaderManipulation as HeaderManipulation
    from meshhub_pulumi.features.mirror import Mirror as Mirror
    from meshhub_pulumi.features.outlier_detection import OutlierDetection as OutlierDetection
    from meshhub_pulumi.features.retries import Retries as Retries
    from meshhub_pulumi.features.tls import Tls as Tls
    from meshhub_pulumi.features.traffic_shift import WeightedDestination as WeightedDestination
    from meshhub_pulumi.kinds.access_policy import AccessPolicyArgs as AccessPolicyArgs
    from meshhub_pulumi.kinds.failover_service import FailoverPort as FailoverPort
    from meshhub_pulumi.kinds.failover_service import FailoverServiceArgs as FailoverServiceArgs
    from meshhub_pulumi.kinds.traffic_policy import TrafficPolicyArgs as TrafficPolicyArgs
    from meshhub_pulumi.kinds.virtual_mesh import NamedPolicy as NamedPolicy
    from meshhub_pulumi.kinds.virtual_mesh import VirtualMeshArgs as VirtualMeshArgs
    from meshhub_pulumi.model.destination import FailoverRef as FailoverRef
    from meshhub_pulumi.model.destination import ServiceMatcher as ServiceMatcher
    from meshhub_pulumi.model.destination import ServiceRef as ServiceRef
    from meshhub_pulumi.model.destination import failover as failover
    from meshhub_pulumi.model.destination import service as service
    from meshhub_pulumi.model.destination import services as services
    from meshhub_pulumi.model.destination import subset as subset
    from meshhub_pulumi.model.error import ArgsError as ArgsError
    from meshhub_pulumi.model.error import CompileError as CompileError
    from meshhub_pulumi.model.error import MeshError as MeshError
    from meshhub_pulumi.model.finding import Finding as Finding
    from meshhub_pulumi.model.gateway_rule import GatewayRule as GatewayRule
    from meshhub_pulumi.model.identity import identities as identities
    from meshhub_pulumi.model.identity import service_account as service_account
    from meshhub_pulumi.model.nearness import NextRegions as NextRegions
    from meshhub_pulumi.model.route import HeaderMatch as HeaderMatch
    from meshhub_pulumi.model.route import HttpMatch as HttpMatch
    from meshhub_pulumi.model.route import QueryMatch as QueryMatch
    from meshhub_pulumi.model.snapshot import MeshSnapshot as MeshSnapshot
    from meshhub_pulumi.model.topology import Cluster as Cluster
    from meshhub_pulumi.model.topology import EastWestGateway as EastWestGateway
    from meshhub_pulumi.model.topology import Locality as Locality
    from meshhub_pulumi.model.workload import WorkloadSelector as WorkloadSelector

_HOME = {
    "components": ("AccessPolicy", "FailoverService", "TrafficPolicy", "VirtualMesh"),
    "features.connection_pool": ("ConnectionPool", "TcpKeepalive"),
    "features.cors_policy": ("CorsPolicy", "OriginMatch"),
    "features.fault_injection": ("FaultAbort", "FaultDelay", "FaultInjection"),
    "features.federation": ("FederationRule",),
    "features.header_manipulation": ("HeaderManipulation",),
    "features.mirror": ("Mirror",),
    "features.outlier_detection": ("OutlierDetection",),
    "features.retries": ("Retries",),
    "features.tls": ("Tls",),
    "features.traffic_shift": ("WeightedDestination",),
    "kinds.access_policy": ("AccessPolicyArgs",),
    "kinds.failover_service": ("FailoverPort", "FailoverServiceArgs"),
    "kinds.traffic_policy": ("TrafficPolicyArgs",),
    "kinds.virtual_mesh": ("NamedPolicy", "VirtualMeshArgs"),
    "model.destination": ("FailoverRef", "ServiceMatcher", "ServiceRef", "failover", "service", "services", "subset"),
    "model.error": ("ArgsError", "CompileError", "MeshError"),
    "model.finding": ("Finding",),
    "model.gateway_rule": ("GatewayRule",),
    "model.identity": ("identities", "service_account"),
    "model.nearness": ("NextRegions",),
    "model.route": ("HeaderMatch", "HttpMatch", "QueryMatch"),
    "model.snapshot": ("MeshSnapshot",),
    "model.topology": ("Cluster", "EastWestGateway", "Locality"),
    "model.workload": ("WorkloadSelector",),
}
_MODULE_OF = {name: f"meshhub_pulumi.{module}" for module, names in _HOME.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
