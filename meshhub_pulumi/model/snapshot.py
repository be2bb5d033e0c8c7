"""The snapshot: what exists in the clusters, as declared or captured; never fetched while compiling.

One `MeshSnapshot` document:

    apiVersion: meshhub.dev/v1alpha1
    kind: MeshSnapshot
    clusters:
      kind2:
        istioVersion: 1.30.3
        gateways: [{name: istio-ingressgateway, labels: {istio: ingressgateway}, addresses: [172.18.0.220]}]
        services: [{name: reviews, namespace: default, selector: {app: reviews}, ports: [{name: http, port: 9080}]}]
        workloads: [{name: reviews-v1, namespace: default, labels: {app: reviews, version: v1}}]
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from meshhub_pulumi.model.existing import ExistingObject
from meshhub_pulumi.model.identity import DEFAULT_TRUST_DOMAIN, TrustDomain
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.topology import Address, Locality
from meshhub_pulumi.model.units import DnsLabel, FrozenLabels, Hostname, Labels, PodLabels, PortNumber

SNAPSHOT = "MeshSnapshot"
"""The kind of its document."""

TargetPort = Annotated[
    Annotated[PortNumber, Tag("<number>")] | Annotated[str, Tag("<name>")],
    Discriminator(lambda value: "<name>" if isinstance(value, str) else "<number>"),
]


class ServicePort(MeshModel):
    """A port of a Service; `target_port` (a number, or a name) defaults to `port`."""

    port: PortNumber
    name: str = ""
    target_port: TargetPort | None = None
    protocol: str = "TCP"
    app_protocol: str | None = None


class Service(MeshModel):
    """A Kubernetes Service; `subsets` declares slices that exist beside those that policies name."""

    name: DnsLabel
    namespace: DnsLabel
    ports: Many[ServicePort] = ()
    selector: Labels = Field(default_factory=FrozenLabels)
    labels: Labels = Field(default_factory=FrozenLabels)
    subsets: Many[Labels] = ()


class Workload(MeshModel):
    """A controller's pods: the labels of its pod template and the service account they run under.

    Where every workload behind a service names its account, other clusters accept the service under those alone.
    `container_ports` are the named ones.
    """

    name: str
    namespace: DnsLabel
    labels: Labels = Field(default_factory=FrozenLabels)
    service_account: str | None = None
    container_ports: dict[str, PortNumber] = Field(default_factory=dict)


class GatewayPort(MeshModel):
    """A port of a gateway, by its name in the Service; the fields are those of `Gateway`."""

    name: str = Field(min_length=1)
    port: PortNumber
    container_port: PortNumber | None = None


class Gateway(MeshModel):
    """A gateway that other clusters may enter by; the fields are those of `EastWestGateway`, all known.

    `ports` are those that a mesh may choose by name, in the place of `port`.
    """

    name: DnsLabel = "istio-eastwestgateway"
    namespace: DnsLabel | None = None
    labels: PodLabels = Field(default_factory=lambda: FrozenLabels(istio="eastwestgateway"))
    addresses: Many[Address] = ()
    port: PortNumber = 15443
    container_port: PortNumber | None = None
    ports: Many[GatewayPort] = ()


class ClusterSnapshot(MeshModel):
    """One cluster as it is; `objects` are its existing Istio objects.

    `dns_proxying`: whether its proxies answer the apps' DNS questions (`ISTIO_META_DNS_CAPTURE`).
    """

    istio_version: str | None = None
    istio_namespace: DnsLabel = "istio-system"
    trust_domain: TrustDomain = DEFAULT_TRUST_DOMAIN
    cluster_domain: Hostname = "cluster.local"
    network: str | None = None
    locality: Locality = Locality()
    dns_proxying: bool | None = None
    gateways: Many[Gateway] = ()
    services: Many[Service] = ()
    workloads: Many[Workload] = ()
    objects: Many[ExistingObject] = ()


class MeshSnapshot(MeshModel):
    """Every cluster that a compile may know of, by name."""

    clusters: dict[DnsLabel, ClusterSnapshot] = Field(default_factory=dict)
