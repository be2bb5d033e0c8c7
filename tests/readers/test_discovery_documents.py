"""Discovery's objects: clusters of a snapshot, of every generation of their kinds."""

from __future__ import annotations

import pytest

from meshhub_pulumi.model.snapshot import Gateway
from meshhub_pulumi.model.topology import Locality

MESH = """\
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Mesh
metadata: {name: istiod-istio-system-east, namespace: gloo-mesh}
spec:
  istio:
    installation: {cluster: east, namespace: istio-system, version: 1.30.3, region: eu-1, podLabels: {istio: pilot}}
    trustDomain: east.mesh
    istiodServiceAccount: istiod
    smartDnsProxyingEnabled: true
    ingressGateways:
"""
TARGET = """\
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Destination
metadata: {name: shop-shop-east, namespace: gloo-mesh}
spec:
  kubeService:
    ref: {name: shop, namespace: shop, clusterName: east}
    workloadSelectorLabels: {app: shop}
    ports:
    - {port: 80, name: http, protocol: TCP, appProtocol: http2, targetPortNumber: 8080, nodePort: 30000}
    - {port: 81, name: tcp, protocol: TCP, targetPortName: web}
    endpointSubsets: [{endpoints: [{ipAddress: 10.0.0.1}]}]
    region: eu-1
  mesh: {name: istiod-istio-system-east, namespace: gloo-mesh}
"""


def told(loaded):
    """Code, path and message of every finding."""
    return [(x.code, x.where.path, x.message) for x in loaded.findings]


def test_a_mesh_of_gloo_mesh(reading):
    """Later meshes name their gateways and their region; entries that differ by address only are one gateway."""
    loaded = reading(
        MESH
        + """\
    - {name: ew, namespace: gateways, workloadLabels: {istio: eastwest}, ip: 10.1.1.1, externalTlsPort: 15443,
       tlsContainerPort: 15443}
    - {name: ew, namespace: gateways, workloadLabels: {istio: eastwest}, dnsName: ew.example, externalTlsPort: 15443,
       tlsContainerPort: 15443}
    - {workloadLabels: {istio: ingressgateway}, externalAddress: 10.1.1.3, externalTlsPort: 443, tlsContainerPort: 8443}
    - {workloadLabels: {istio: ingressgateway}, externalAddress: 10.1.1.3, externalTlsPort: 444, tlsContainerPort: 8444}
""",
        None,
    )
    assert [] == told(loaded)
    east = loaded.snapshot.clusters["east"]
    assert ("1.30.3", "east.mesh", Locality(region="eu-1")) == (east.istio_version, east.trust_domain, east.locality)
    assert east.dns_proxying is True
    ingress = {"labels": {"istio": "ingressgateway"}, "addresses": ["10.1.1.3"]}
    assert [
        Gateway(
            name="ew",
            namespace="gateways",
            labels={"istio": "eastwest"},
            addresses=["10.1.1.1", "ew.example"],
            port=15443,
            container_port=15443,
        ),
        Gateway(name="istio-ingressgateway", **ingress, port=443, container_port=8443),
        Gateway(name="istio-ingressgateway-2", **ingress, port=444, container_port=8444),
    ] == list(east.gateways)


@pytest.mark.parametrize(("labels", "reason"), [("", "required, but missing"), ("workloadLabels: {}, ", "must name")])
def test_a_gateway_whose_pods_nobody_says(reading, labels, reason):
    """An entry without labels is no gateway: which pods it is, nobody can guess."""
    loaded = reading(f"{MESH}    - {{{labels}ip: 10.1.1.3, externalTlsPort: 443}}\n", None)
    ((code, path, message),) = told(loaded)
    assert ("MH100", "spec.istio.ingressGateways[0].workloadLabels") == (code, path)
    assert message.startswith(reason)


GATEWAY = """\
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Destination
metadata: {name: ew-edge-east, namespace: gloo-mesh}
spec:
  kubeService:
    ref: {name: ew, namespace: edge, clusterName: east}
    workloadSelectorLabels: {istio: eastwestgateway}
    labels: {role: between}
    ports:
    - {port: 15021, name: status-port, protocol: TCP, targetPortNumber: 15021, nodePort: 30001}
    - {port: 15443, name: tls, protocol: TCP, targetPortNumber: 15444, nodePort: 30002}
    - {port: 443, name: https, protocol: TCP, targetPortName: https, nodePort: 30003}
    externalAddresses: [{dnsName: ew.example}, {ip: 10.1.1.1}]
    serviceType: LOAD_BALANCER
  mesh: {name: istiod-istio-system-east, namespace: gloo-mesh}
"""
NO_GATEWAYS = MESH.replace("    ingressGateways:\n", "")


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [("LOAD_BALANCER", {"status-port": 15021, "tls": 15443}), ("NODE_PORT", {"status-port": 30001, "tls": 30002})],
)
def test_a_gateway_among_the_destinations(reading, kind, numbers):
    """Later discovery lists no gateways: one is a service with Istio's label and a port `tls`."""
    loaded = reading(f"{NO_GATEWAYS}---\n{GATEWAY.replace('LOAD_BALANCER', kind)}", None)
    assert [] == told(loaded)
    (found,) = loaded.snapshot.clusters["east"].gateways
    assert numbers == {port.name: port.port for port in found.ports}
    assert (
        Gateway(
            name="ew",
            namespace="edge",
            labels={"istio": "eastwestgateway"},
            addresses=["ew.example", "10.1.1.1"],
            port=numbers["tls"],
            container_port=15444,
            ports=found.ports,
        )
        == found
    )
    assert {"role": "between"} == loaded.snapshot.clusters["east"].services[0].labels


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("istio: eastwestgateway", "app: shop"),
        ("name: tls,", "name: http,"),
        ("targetPortNumber: 15444", "targetPortName: tls"),
        ("externalAddresses: [{dnsName: ew.example}, {ip: 10.1.1.1}]", "externalAddresses: [{dnsName: ''}]"),
    ],
)
def test_a_destination_that_is_no_gateway(reading, part, other):
    """Without the label, the port, its number or an address others could not enter by it, or nobody says so."""
    assert part in GATEWAY
    loaded = reading(f"{NO_GATEWAYS}---\n{GATEWAY.replace(part, other)}", None)
    assert ([], ()) == (told(loaded), loaded.snapshot.clusters["east"].gateways)


def test_gateways_that_are_listed_hold_before_destinations(reading):
    """A Mesh that lists its gateways has those."""
    entry = "{workloadLabels: {istio: ingressgateway}, ip: 10.1.1.3, externalTlsPort: 443, tlsContainerPort: 8443}"
    loaded = reading(f"{MESH}    - {entry}\n---\n{GATEWAY}", None)
    assert ["istio-ingressgateway"] == [gateway.name for gateway in loaded.snapshot.clusters["east"].gateways]


@pytest.mark.parametrize(
    ("api", "found"), [("discovery.mesh.gloo.solo.io/v1", False), ("discovery.smh.solo.io/v1alpha2", None)]
)
def test_dns_proxying_that_was_looked_for(reading, api, found):
    """Later discovery left out what it did not find; the one before did not look."""
    text = MESH.replace("    smartDnsProxyingEnabled: true\n", "").replace("discovery.mesh.gloo.solo.io/v1", api)
    assert found is reading(text, None).snapshot.clusters["east"].dns_proxying


def test_a_destination_of_gloo_mesh(reading):
    """Later destinations say target ports and application protocols."""
    loaded = reading(TARGET, None)
    assert [] == told(loaded)
    (service,) = loaded.snapshot.clusters["east"].services
    assert [(80, "http", 8080, "http2"), (81, "tcp", "web", None)] == [
        (port.port, port.name, port.target_port, port.app_protocol) for port in service.ports
    ]


def test_workloads_of_both_names(reading):
    """A Workload and its predecessor MeshWorkload give the same."""
    now = """\
apiVersion: discovery.smh.solo.io/v1alpha2
kind: Workload
metadata: {name: a, namespace: n}
spec: {kubernetes: {controller: {name: a, namespace: n, clusterName: east}, podLabels: {x: y}, serviceAccountName: s}}
"""
    before = """\
apiVersion: discovery.smh.solo.io/v1alpha2
kind: MeshWorkload
metadata: {name: a, namespace: n}
spec:
  kubeController: {kubeControllerRef: {name: a, namespace: n, cluster: east}, labels: {x: y}, serviceAccountName: s}
"""
    assert reading(now, None).snapshot == reading(before, None).snapshot
    assert "s" == reading(now, None).snapshot.clusters["east"].workloads[0].service_account


def test_a_registered_cluster(reading):
    """A KubernetesCluster gives the cluster of its name a DNS domain."""
    loaded = reading(
        "{apiVersion: multicluster.solo.io/v1alpha1, kind: KubernetesCluster,"
        " metadata: {name: east, namespace: n}, spec: {clusterDomain: east.local, secretName: x}}",
        None,
    )
    assert "east.local" == loaded.snapshot.clusters["east"].cluster_domain


def test_what_is_not_istio_is_left_alone(reading):
    """Other meshes and external services are noted and left alone."""
    loaded = reading(
        "{apiVersion: discovery.smh.solo.io/v1alpha2, kind: Mesh, metadata: {name: a, namespace: n},"
        " spec: {osm: {installation: {cluster: east}}}}\n---\n"
        "{apiVersion: discovery.mesh.gloo.solo.io/v1, kind: Destination, metadata: {name: a, namespace: n},"
        " spec: {externalService: {hosts: [x]}}}\n",
        None,
    )
    assert [
        ("MH132", "spec.osm", "meshes other than Istio are left alone"),
        ("MH132", "spec.externalService", "services outside of the clusters are left alone"),
    ] == told(loaded)
    assert {} == loaded.snapshot.clusters


def test_faults_and_contradictions(reading):
    """A discovery object that lacks something, or contradicts another, is told at its own place."""
    loaded = reading(
        "\n---\n".join(
            [TARGET, TARGET, TARGET.replace("port: 81", "port: 82"), TARGET.replace("clusterName: east", "x: y")]
        ),
        None,
    )
    assert [
        (
            "MH106",
            "",
            "cluster east has this twice, differently; first at Destination gloo-mesh/shop-shop-east (mesh.yaml:1)",
        ),
        ("MH100", "spec.kubeService.ref.clusterName", "required, but missing"),
    ] == told(loaded)
