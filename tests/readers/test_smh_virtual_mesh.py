"""Virtual meshes of Service Mesh Hub and Gloo Mesh: trust, federation, gateways, access."""

from __future__ import annotations

import pytest
from smh_documents import GLOO, NAMESPACE, document, told

from meshhub_pulumi.features.connection_pool import TcpKeepalive
from meshhub_pulumi.kinds.virtual_mesh import VirtualMeshArgs
from meshhub_pulumi.model.destination import service, services
from meshhub_pulumi.model.gateway_rule import GatewayRule


def test_a_virtual_mesh(reading):
    """Meshes become clusters and modes their names; certificates stay untouched, which is said once."""
    loaded = reading(
        document(
            "VirtualMesh",
            f"""\
spec:
  meshes:
  - {{name: istiod-istio-system-kind2, namespace: {NAMESPACE}}}
  - {{name: istiod-istio-system-kind3, namespace: {NAMESPACE}}}
  mtlsConfig: {{autoRestartPods: true, shared: {{rootCertificateAuthority: {{generated: {{}}}}}}}}
  federation: {{permissive: {{}}, hostnameSuffix: mesh}}
  globalAccessPolicy: ENABLED
""",
        )
    )
    assert [("MH135", "spec.mtlsConfig.shared", 8)] == told(loaded)
    assert (
        VirtualMeshArgs(
            namespace=NAMESPACE,
            clusters=["kind2", "kind3"],
            federation="permissive",
            hostname_suffix="mesh",
            global_access_policy="enabled",
        )
        == loaded.specs[0].args
    )


SHARED = "spec.mtlsConfig.shared"
NO_CA = "names no CA: give rootCertificateAuthority or intermediateCertificateAuthority"
LEFT = "the meshes keep their root and their certificates, and no pods are restarted"


@pytest.mark.parametrize(
    ("api", "trust", "expected"),
    [
        (GLOO, "{}", [("MH100", SHARED, "give one of shared and limited")]),
        (GLOO, "{autoRestartPods: true}", [("MH100", SHARED, "give one of shared and limited")]),
        (GLOO, "{shared: {}}", [("MH100", SHARED, NO_CA)]),
        ("networking.smh.solo.io/v1alpha2", "{shared: {}}", [("MH135", SHARED, LEFT)]),
        (GLOO, "{shared: {intermediateCertificateAuthority: {vault: {}}}}", [("MH135", SHARED, LEFT)]),
        (GLOO, "{shared: {rootCertificateAuthority: {secret: {name: a}}}}", [("MH135", SHARED, LEFT)]),
        (
            GLOO,
            "{limited: {}}",
            [("MH302", "spec.mtlsConfig.limited", "trust between gateways only was never implemented")],
        ),
    ],
)
def test_trust_is_never_passed_over(reading, api, trust, expected):
    """Certificates stay as they are, which is said; what Gloo Mesh itself refused is an error."""
    spec = f"spec:\n  meshes: [{{name: istiod-istio-system-kind2}}]\n  mtlsConfig: {trust}\n"
    loaded = reading(document("VirtualMesh", spec, api))
    assert expected == [(x.code, x.where.path, x.message) for x in loaded.findings]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("flatNetwork: false", []),
        ("eastWestIngressGatewaySelectors: []", []),
        ("eastWestIngressGatewaySelectors: [{ingressGateway: a}]", ["MH100"]),
        ("hostnameSuffix: Mesh", ["MH100"]),
        ("{permissive: {}, selectors: [{}]}", ["MH100"]),
    ],
)
def test_federation_that_is_not_there_yet(reading, said, expected):
    """What cannot be taken is told; a value that asks for nothing is not."""
    text = said if said.startswith("{") else f"{{{said}}}"
    spec = f"spec:\n  meshes: [{{name: istiod-istio-system-kind2}}]\n  federation: {text}\n"
    assert expected == [code for code, *_ in told(reading(document("VirtualMesh", spec, GLOO)))]


def test_a_choice_of_gateways(reading):
    """Gateways are selected as services are; the port that is meant where none is named goes without saying."""
    loaded = reading(
        document(
            "VirtualMesh",
            """\
spec:
  meshes: [{name: istiod-istio-system-kind2}]
  federation:
    eastWestIngressGatewaySelectors:
    - destinationSelectors:
      - kubeServiceRefs: {services: [{name: ew, namespace: edge, clusterName: kind2}]}
      - kubeServiceMatcher: {labels: {istio: eastwestgateway}, namespaces: [edge], clusters: [kind3]}
      portName: tls
    - {destinationSelectors: [{kubeServiceMatcher: {namespaces: [other]}}], portName: tls-passthrough}
""",
            GLOO,
        )
    )
    assert [] == told(loaded)
    edge = [
        service("ew", "edge", cluster="kind2"),
        services(labels={"istio": "eastwestgateway"}, namespaces=["edge"], clusters=["kind3"]),
    ]
    other = [services(namespaces=["other"])]
    assert (
        GatewayRule(gateways=edge),
        GatewayRule(gateways=other, port_name="tls-passthrough"),
    ) == loaded.specs[0].args.east_west_gateways


def test_federation_by_selectors(reading):
    """Gloo Mesh's selectors are federation rules; what it can besides is told."""
    loaded = reading(
        document(
            "VirtualMesh",
            """\
spec:
  meshes: [{name: istiod-istio-system-kind2}]
  federation:
    selectors:
    - destinationSelectors:
      - kubeServiceMatcher: {namespaces: [default]}
      meshes: [{name: istiod-istio-system-kind3, namespace: gloo-mesh}]
    - {}
    flatNetwork: true
    tcpKeepalive: {probes: 0, time: 7200s}
  globalAccessPolicy: 2
""",
            "networking.mesh.gloo.solo.io/v1",
        )
    )
    assert [("MH302", "spec.federation.flatNetwork", 12)] == told(loaded)
    args = loaded.specs[0].args
    assert TcpKeepalive(time="7200s") == args.tcp_keepalive
    assert "disabled" == args.global_access_policy
    assert (
        VirtualMeshArgs(
            clusters=["kind2"],
            federation=[{"destinations": [{"namespaces": ["default"]}], "clusters": ["kind3"]}, {}],
        ).federation
        == args.federation
    )
