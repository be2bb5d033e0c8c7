"""Names and words: what is derived from them, and what of them is taken."""

from __future__ import annotations

import pytest
from make import cluster, service, snapshot, workload

from meshhub_pulumi.model.fleet import join
from meshhub_pulumi.model.host import protocol_of, sanitize, subset_name
from meshhub_pulumi.model.nearest import among
from meshhub_pulumi.model.path import camel_path, format_path
from meshhub_pulumi.model.topology import Cluster, EastWestGateway


@pytest.mark.parametrize(
    ("name", "app_protocol", "transport", "protocol"),
    [
        ("http", None, "TCP", "HTTP"),
        ("http-web", None, "TCP", "HTTP"),
        ("HTTP2-x", None, "TCP", "HTTP2"),
        ("grpc-web-ui", None, "TCP", "GRPC-Web"),
        ("grpc", None, "TCP", "GRPC"),
        ("httpx", None, "TCP", None),
        ("web", None, "TCP", None),
        ("", None, "TCP", None),
        ("tls", None, "TCP", "TLS"),
        ("mysql", None, "TCP", "MySQL"),
        ("http", "tcp", "TCP", "TCP"),
        ("tcp", "HTTP", "TCP", "HTTP"),
        ("web", "kubernetes.io/h2c", "TCP", "HTTP2"),
        ("web", "kubernetes.io/wss", "TCP", "HTTPS"),
        ("http", "example.com/own", "TCP", None),
        ("http", None, "UDP", "UDP"),
    ],
)
def test_protocols_are_declared(name: str, app_protocol: str | None, transport: str, protocol: str | None) -> None:
    """appProtocol goes before the prefix of the name; what declares nothing has no protocol."""
    assert protocol_of(name, app_protocol, transport) == protocol


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("istio-ingressgateway-istio-system", "istio-ingressgateway-istio-system"),
        ("a*b/c.d:e f_g", "a-b-c-d-e-f-g"),
        ("[a]\n'b'\"c\"", "abc"),
        ("A" * 63, "a" * 63),
        ("a" * 64, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-014842d480b571495a4a0363793f736"),
    ],
)
def test_sanitized_names(text: str, name: str) -> None:
    """The scheme is Service Mesh Hub's."""
    assert sanitize(text) == name


@pytest.mark.parametrize(
    ("labels", "joint", "name"),
    [
        ({"version": "v3"}, "-", "version-v3"),
        ({"version": "v3", "app.kubernetes.io/tier": "Gold"}, "-", "app-kubernetes-io-tier-gold-version-v3"),
        ({"version": "v3", "tier": "gold"}, "_", "tier-gold_version-v3"),
        ({"canary": ""}, "-", "canary"),
    ],
)
def test_subset_names(labels: dict[str, str], joint: str, name: str) -> None:
    """A subset is named by its labels in their order."""
    assert subset_name(labels, joint) == name


@pytest.mark.parametrize(
    ("python", "yaml"),
    [
        ("traffic_shift[1].weight", "trafficShift[1].weight"),
        ('destinations[0].labels["app_name"]', 'destinations[0].labels["app_name"]'),
        ("clusters[0].gateway.container_port", "clusters[0].gateway.containerPort"),
        ("", ""),
    ],
)
def test_paths_have_two_spellings(python: str, yaml: str) -> None:
    """Fields are spelled as in YAML; what the user named himself stays as it is."""
    assert camel_path(python) == yaml


def test_paths_are_what_the_user_wrote() -> None:
    """Steps that a parser added are left out, names that are no identifiers are quoted."""
    assert format_path(["a", "<tag>", 0, "b.c", "[key]"]) == 'a[0]["b.c"]'


def test_unknown_names_are_told_with_the_nearest() -> None:
    """The nearest names first; where none is near, all that there are."""
    assert among("checkuot", ["checkout", "cart"]) == "nearest: checkout"
    assert among("serivce-0815", [f"service-{number:04}" for number in range(2_000)]).startswith(
        "nearest: service-0815"
    )
    assert among("xyz", ["b", "a"]) == "there are: a, b"
    assert among("xyz", []) == "there are: none"


def test_the_program_goes_before_the_snapshot() -> None:
    """What a program says of a cluster is laid over what the snapshot says, field by field."""
    seen = snapshot(
        east=cluster(
            "east",
            [service(ports=[{"name": "http", "port": 80, "targetPort": "web"}])],
            workloads=[workload(containerPorts={"web": 8080})],
            trustDomain="old.example.com",
            gateways=[{"name": "gw", "namespace": "edge", "addresses": ["10.0.0.1"], "port": 15443}],
        )
    )
    said = Cluster("east", trust_domain="new.example.com", gateway=EastWestGateway(address="10.0.0.2"))
    fleet = join([said, Cluster("west")], seen)
    east = fleet.clusters["east"]
    (door,) = east.gateways
    (port,) = east.services["shop", "checkout"].ports
    assert list(fleet.clusters) == ["east", "west"]
    assert (east.trust_domain, east.cluster_domain, east.istio_version) == (
        "new.example.com",
        "cluster.local",
        "1.30.3",
    )
    assert (door.key, door.addresses, door.port, door.container_port) == ("edge/gw", ("10.0.0.2",), 15443, 15443)
    assert (port.number, port.target, port.protocol) == (80, 8080, "HTTP")
    assert east.namespaces == {"shop"}
