"""lab.xds.cluster: endpoints, their order and their TLS, from Envoy's own messages."""

from __future__ import annotations

from typing import Any

from lab.xds.cluster import Cluster, Endpoint, Tls, cluster


def endpoint(address: str, port: int = 9080, **more: Any) -> dict[str, Any]:
    """A message of one endpoint."""
    return {"endpoint": {"address": {"socketAddress": {"address": address, "portValue": port}}}, **more}


def transport(sni: str, *identities: str) -> dict[str, Any]:
    """A socket for TLS that asks for a name."""
    names = [{"exact": identity} for identity in identities]
    context = {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        "sni": sni,
        "commonTlsContext": {
            "alpnProtocols": ["istio"],
            "combinedValidationContext": {"defaultValidationContext": {"matchSubjectAltNames": names}},
        },
    }
    return {"name": "envoy.transport_sockets.tls", "typedConfig": context}


def test_a_plain_cluster() -> None:
    """What Envoy's JSON leaves out has Envoy's default; endpoints may stand in the cluster itself."""
    message = {"name": "one", "loadAssignment": {"endpoints": [{"lbEndpoints": [endpoint("10.0.0.1")]}]}}
    only = Endpoint(
        address="10.0.0.1", port=9080, priority=0, healthy=True, weight=1, locality="", workload="", tls=None
    )
    expected = Cluster(name="one", kind="STATIC", endpoints=(only,), http2=False, outlier_detection=None, raw=message)
    assert expected == cluster(message, None)


def test_endpoints_have_priorities_places_and_health() -> None:
    """As their assignment says, where they come apart from the cluster; it has the last word."""
    pod = {"metadata": {"filterMetadata": {"istio": {"workload": "reviews-v1;default;reviews;v1;kind2"}}}}
    assignment = {
        "endpoints": [
            {"priority": 1, "lbEndpoints": [endpoint("172.18.0.230", 15443)], "locality": {"region": "us"}},
            {
                "lbEndpoints": [
                    endpoint("10.244.0.13", healthStatus="UNHEALTHY", loadBalancingWeight=3, **pod),
                    endpoint("10.244.0.12"),
                ],
                "locality": {"region": "eu", "zone": "eu-2"},
            },
        ]
    }
    inside = {"endpoints": [{"lbEndpoints": [endpoint("10.0.0.1")]}]}
    found = cluster({"name": "one", "type": "EDS", "loadAssignment": inside}, assignment)
    assert "EDS" == found.kind
    assert ["10.244.0.12:9080", "10.244.0.13:9080", "172.18.0.230:15443"] == found.addresses
    assert {0: ["10.244.0.12", "10.244.0.13"], 1: ["172.18.0.230"]} == found.tiers
    assert ["", "", "reviews-v1"] == found.workloads
    assert [("us", True, 1), ("eu/eu-2", False, 3), ("eu/eu-2", True, 1)] == [
        (one.locality, one.healthy, one.weight) for one in found.endpoints
    ]


def test_tls_is_chosen_for_each_endpoint() -> None:
    """By its labels; what fits none has the cluster's own, and that may be plaintext."""
    mutual = {"metadata": {"filterMetadata": {"envoy.transport_socket_match": {"tlsMode": "istio"}}}}
    plain = {"name": "envoy.transport_sockets.raw_buffer", "typedConfig": {"@type": "type.googleapis.com/x.RawBuffer"}}
    message = {
        "name": "one",
        "transportSocketMatches": [
            {"match": {"tlsMode": "istio"}, "transportSocket": transport("for mutual", "spiffe://b", "spiffe://a")},
            {"match": {}, "transportSocket": plain},
        ],
        "transportSocket": transport("for the rest"),
        "loadAssignment": {"endpoints": [{"lbEndpoints": [endpoint("10.0.0.1", **mutual), endpoint("10.0.0.2")]}]},
    }
    sent = Tls(sni="for mutual", identities=("spiffe://a", "spiffe://b"), alpn=("istio",))
    assert [sent, None] == [one.tls for one in cluster(message, None).endpoints]
    rest = Tls(sni="for the rest", identities=(), alpn=("istio",))
    without = {**message, "transportSocketMatches": message["transportSocketMatches"][:1]}  # type: ignore[index]
    assert [sent, rest] == [one.tls for one in cluster(without, None).endpoints]


def test_http2_is_what_is_said_to_be() -> None:
    """Only where it is sent whatever the client speaks."""
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    for explicit, expected in (
        ({"explicitHttpConfig": {"http2ProtocolOptions": {}}}, True),
        ({"explicitHttpConfig": {"httpProtocolOptions": {}}}, False),
        ({"useDownstreamProtocolConfig": {"http2ProtocolOptions": {}}}, False),
    ):
        message = {"name": "one", "typedExtensionProtocolOptions": {options: explicit}, "outlierDetection": {}}
        found = cluster(message, None)
        assert (expected, {}) == (found.http2, found.outlier_detection)
