"""Discovery: the objects in which Service Mesh Hub and Gloo Mesh recorded what exists, each read by its table.

A Mesh gives a cluster its Istio and its gateways, a TrafficTarget (later: Destination) a service, a Workload the pods
behind it, a KubernetesCluster its DNS domain. Fields that say nothing of these are passed over: nobody wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.model.identity import TrustDomain
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.snapshot import ServicePort
from meshhub_pulumi.model.topology import Address
from meshhub_pulumi.model.units import DnsLabel, FrozenLabels, Hostname, Labels, PodLabels, PortNumber
from meshhub_pulumi.readers.document import Document
from meshhub_pulumi.readers.header import check_keys, read_metadata, title_of
from meshhub_pulumi.readers.place import Place
from meshhub_pulumi.readers.smh.table import Into, Not, Rows, To, convert, each, fill, table, unless_zero
from meshhub_pulumi.readers.smh.translation import LEFT_OUT, At, RefusedError, Translation
from meshhub_pulumi.readers.smh.validate import validate


class SeenGateway(MeshModel):
    """An entry of a Mesh's gateways; discovery before 1.1 did not say which Service it is."""

    name: DnsLabel | None = None
    namespace: DnsLabel | None = None
    labels: PodLabels
    address: Address
    port: PortNumber
    container_port: PortNumber | None = None


class SeenMesh(MeshModel):
    """An Istio."""

    cluster: DnsLabel
    istio_namespace: DnsLabel = "istio-system"
    istio_version: str | None = None
    trust_domain: TrustDomain = "cluster.local"
    region: str = ""
    dns_proxying: bool | None = None
    gateways: Many[SeenGateway] = ()


class SeenGlooMesh(SeenMesh):
    """One of Gloo Mesh 1.1 or later, whose discovery looked for DNS proxying and left out what it did not find."""

    dns_proxying: bool = False


class SeenAddress(MeshModel):
    """Where a service is reached from outside."""

    address: Address | None = None


class SeenPort(ServicePort):
    """A port of a service, and the one of the nodes that leads to it."""

    node_port: PortNumber | None = None


class SeenService(MeshModel):
    """A service of a mesh; discovery before 1.1 did not say where it is reached from outside."""

    name: DnsLabel
    namespace: DnsLabel
    cluster: DnsLabel
    selector: Labels = Field(default_factory=FrozenLabels)
    labels: Labels = Field(default_factory=FrozenLabels)
    ports: Many[SeenPort] = ()
    external_addresses: Many[SeenAddress] = ()
    service_type: str = ""


class SeenWorkload(MeshModel):
    """A controller whose pods are in a mesh."""

    name: str
    namespace: DnsLabel
    cluster: DnsLabel
    labels: Labels = Field(default_factory=FrozenLabels)
    service_account: str | None = None


class SeenCluster(MeshModel):
    """A cluster that was registered; its name is the object's."""

    cluster_domain: Hostname = "cluster.local"


def _unless_empty(value: Any) -> Any:
    return LEFT_OUT if value == "" else value


_REF: Rows = {"name": To("name"), "namespace": To("namespace"), "clusterName": To("cluster"), "cluster": To("cluster")}
_ADDRESS = To("address", convert(_unless_empty))

_GATEWAY: Rows = {
    "name": To("name"),
    "namespace": To("namespace"),
    "workloadLabels": To("labels"),
    "externalAddress": _ADDRESS,
    "dnsName": _ADDRESS,
    "ip": _ADDRESS,
    "externalTlsPort": To("port"),
    "tlsContainerPort": To("container_port"),
}
_TRUST_DOMAIN = To("trust_domain", convert(_unless_empty))
_INSTALLATION: Rows = {
    "namespace": To("istio_namespace"),
    "cluster": To("cluster"),
    "version": To("istio_version"),
    "region": To("region"),
}
_ISTIO: Rows = {
    "installation": Into(_INSTALLATION),
    "citadelInfo": Into({"trustDomain": _TRUST_DOMAIN}),
    "trustDomain": _TRUST_DOMAIN,
    "smartDnsProxyingEnabled": To("dns_proxying"),
    "ingressGateways": To("gateways", each(table(_GATEWAY))),
}
_LEFT_ALONE = "MH132"
_NOT_ISTIO = Not("meshes other than Istio are left alone", _LEFT_ALONE)
_MESH: Rows = {
    "istio": Into(_ISTIO),
    "awsAppMesh": _NOT_ISTIO,
    "linkerd": _NOT_ISTIO,
    "consulConnect": _NOT_ISTIO,
    "osm": _NOT_ISTIO,
}
_PORT: Rows = {
    "port": To("port"),
    "name": To("name"),
    "protocol": To("protocol"),
    "appProtocol": To("app_protocol", convert(_unless_empty)),
    "targetPortName": To("target_port"),
    "targetPortNumber": To("target_port"),
    "nodePort": To("node_port", convert(unless_zero)),
}
_KUBE_SERVICE: Rows = {
    "ref": Into(_REF),
    "workloadSelectorLabels": To("selector"),
    "labels": To("labels"),
    "ports": To("ports", each(table(_PORT))),
    "externalAddresses": To("external_addresses", each(table({"dnsName": _ADDRESS, "ip": _ADDRESS}))),
    "serviceType": To("service_type", convert(str)),
}
_SERVICE: Rows = {
    "kubeService": Into(_KUBE_SERVICE),
    "externalService": Not("services outside of the clusters are left alone", _LEFT_ALONE),
}
_KUBERNETES: Rows = {
    "controller": Into(_REF),
    "podLabels": To("labels"),
    "serviceAccountName": To("service_account", convert(_unless_empty)),
}
_KUBE_CONTROLLER: Rows = {
    "kubeControllerRef": Into(_REF),
    "labels": To("labels"),
    "serviceAccountName": To("service_account", convert(_unless_empty)),
}
_WORKLOAD: Rows = {"kubernetes": Into(_KUBERNETES), "kubeController": Into(_KUBE_CONTROLLER)}


@dataclass(frozen=True, eq=False, slots=True)
class Discovered:
    """A kind of discovery: what it becomes, and its table."""

    model: type[MeshModel]
    rows: Rows


_TARGET, _PODS = Discovered(SeenService, _SERVICE), Discovered(SeenWorkload, _WORKLOAD)
_KINDS = {
    "Mesh": Discovered(SeenMesh, _MESH),
    "TrafficTarget": _TARGET,
    "Destination": _TARGET,
    "Workload": _PODS,
    "MeshWorkload": _PODS,
}
_APIS = (
    "discovery.smh.solo.io/v1alpha2",
    "discovery.solo.io/v1alpha2",
    "discovery.mesh.gloo.solo.io/v1alpha2",
    "discovery.mesh.gloo.solo.io/v1",
)
DISCOVERY: Mapping[tuple[str, str], Discovered] = {
    **{(api, kind): discovered for api in _APIS for kind, discovered in _KINDS.items()},
    ("discovery.mesh.gloo.solo.io/v1", "Mesh"): Discovered(SeenGlooMesh, _MESH),
    ("multicluster.solo.io/v1alpha1", "KubernetesCluster"): Discovered(
        SeenCluster, {"clusterDomain": To("cluster_domain", convert(_unless_empty))}
    ),
}
"""Every kind of discovery that is read, by apiVersion and kind."""


@dataclass(frozen=True, eq=False, slots=True)
class Seen:
    """One discovered object: its name, what it says, and where."""

    name: str
    value: MeshModel
    place: Place


def read_discovered(document: Document, discovered: Discovered) -> tuple[Seen | None, list[Finding]]:
    """What a discovery document says; None where it says nothing of an Istio mesh."""
    place = Place(title_of(document), document)
    metadata, findings = read_metadata(place)
    findings += check_keys(place, "spec")
    out = Translation(_no_reference, closed=False)
    fill(discovered.rows, document.value.get("spec") or {}, out.fields, At("", "spec"), out)
    if out.faults and not out.fields:
        # nothing in it is about Istio; what it is instead is told by the faults
        return None, findings + [place.found(fault.code, fault.path, fault.message) for fault in out.faults]
    value, wrong = validate(discovered.model, out, place)
    if value is None or metadata is None or any(fault.code != _LEFT_ALONE for fault in out.faults):
        return None, findings + wrong
    return Seen(metadata.name, value, place), findings + wrong


def _no_reference(_name: str) -> str:
    raise RefusedError("no reference belongs here")
