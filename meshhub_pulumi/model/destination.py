"""Where traffic goes: services, slices of them by labels, and failover services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag

from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.units import DnsLabel, FrozenLabels, Labels, PortNumber


class ServiceRef(MeshModel):
    """A Kubernetes Service, or with `subset` those of its pods that carry the labels.

    Without `cluster`, a selector means the services of that name in every cluster; a destination of a split
    must name one.
    """

    name: DnsLabel
    namespace: DnsLabel
    cluster: DnsLabel | None = None
    subset: Labels = Field(default_factory=FrozenLabels)
    port: PortNumber | None = None

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" + (f"@{self.cluster}" if self.cluster else "")


def _whole(ref: ServiceRef) -> ServiceRef:
    for part in ("subset", "port"):
        if getattr(ref, part):
            raise ValueError(f"a selector means a whole service: leave {part} out")
    return ref


class ServiceMatcher(MeshModel):
    """All services with these labels, in these namespaces and clusters; an empty list is no restriction."""

    labels: Labels = Field(default_factory=FrozenLabels)
    namespaces: Many[DnsLabel] = ()
    clusters: Many[DnsLabel] = ()


class FailoverRef(MeshModel):
    """A `FailoverService`, by name and namespace."""

    failover_service: DnsLabel
    namespace: DnsLabel
    subset: Labels = Field(default_factory=FrozenLabels)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.failover_service}"


def _which(value: Any) -> str:
    keys = value if isinstance(value, Mapping) else getattr(type(value), "model_fields", ())
    if "failover_service" in keys or "failoverService" in keys:
        return "<failover>"
    return "<service>" if "name" in keys else "<matcher>"


ServiceSelector = Annotated[
    Annotated[ServiceRef, AfterValidator(_whole), Tag("<service>")] | Annotated[ServiceMatcher, Tag("<matcher>")],
    Discriminator(_which),
]
"""A service by name, or services by labels, namespaces and clusters."""

Destination = Annotated[
    Annotated[ServiceRef, Tag("<service>")] | Annotated[FailoverRef, Tag("<failover>")],
    Discriminator(lambda value: "<failover>" if _which(value) == "<failover>" else "<service>"),
]
"""What a route may send to."""


def service(
    name: str, namespace: str = "default", *, cluster: str | None = None, port: int | None = None
) -> ServiceRef:
    """A Kubernetes Service: `service("reviews", "default", cluster="kind2")`."""
    return ServiceRef(name=name, namespace=namespace, cluster=cluster, port=port)


def services(
    *, labels: Mapping[str, str] | None = None, namespaces: Many[str] = (), clusters: Many[str] = ()
) -> ServiceMatcher:
    """All services that carry the labels, in the namespaces and clusters given."""
    return ServiceMatcher(labels=dict(labels or {}), namespaces=namespaces, clusters=clusters)


def subset(of: ServiceRef, labels: Mapping[str, str] | None = None, /, **more: str) -> ServiceRef:
    """The pods of a service that carry the labels: `subset(service(...), version="v3")`."""
    return ServiceRef(**{**of.model_dump(), "subset": {**(labels or {}), **more}})


def failover(name: str, namespace: str = "default", *, subset: Mapping[str, str] | None = None) -> FailoverRef:
    """A `FailoverService` as the destination of a route."""
    return FailoverRef(failover_service=name, namespace=namespace, subset=dict(subset or {}))
