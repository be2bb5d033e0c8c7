"""Meshes and their policies, converted by meshhub; a comment on each says where it was written before."""

import pulumi_kubernetes as k8s
from meshhub_pulumi import (
    AccessPolicy,
    AccessPolicyArgs,
    Cluster,
    CorsPolicy,
    FailoverPort,
    FailoverService,
    FailoverServiceArgs,
    FaultDelay,
    FaultInjection,
    FederationRule,
    GatewayRule,
    HeaderManipulation,
    HeaderMatch,
    HttpMatch,
    Mirror,
    NextRegions,
    OriginMatch,
    OutlierDetection,
    QueryMatch,
    Retries,
    TrafficPolicy,
    TrafficPolicyArgs,
    VirtualMesh,
    VirtualMeshArgs,
    WeightedDestination,
    WorkloadSelector,
    failover,
    identities,
    service,
    service_account,
    services,
    subset,
)


def provider(name: str) -> k8s.Provider:
    """The cluster of the kubeconfig context of this name."""
    return k8s.Provider(name, context=name, cluster_identifier=name)


# from policies.yaml:2
with VirtualMesh(
    "shop",
    VirtualMeshArgs(
        namespace="gloo-mesh",
        clusters=[Cluster("east", provider=provider("east")), Cluster("west", provider=provider("west"))],
        federation=[FederationRule(destinations=[services(namespaces=["shop"])], clusters=["east"])],
        east_west_gateways=[
            GatewayRule(
                gateways=[
                    service("istio-eastwestgateway", "istio-system", cluster="east"),
                    services(labels={"istio": "eastwestgateway"}, clusters=["west"]),
                ]
            )
        ],
        hostname_suffix="mesh.example",
        global_access_policy="enabled",
        snapshot="snapshot.yaml",
    ),
):
    # from policies.yaml:25
    TrafficPolicy(
        "shop/checkout",
        TrafficPolicyArgs(
            name="checkout",
            namespace="shop",
            destinations=[service("checkout", "shop", cluster="east")],
            sources=[WorkloadSelector(labels={"app": "cart"}, namespaces=["shop"], clusters=["east"])],
            matches=[
                HttpMatch(
                    prefix="/pay",
                    headers=[HeaderMatch("x-robot", invert=True), HeaderMatch("x-user", value="[a-z]+", regex=True)],
                    query_parameters=[QueryMatch("trial", value="1")],
                    method="POST",
                )
            ],
            traffic_shift=[
                WeightedDestination(
                    subset(service("checkout", "shop", cluster="west", port=8080), version="v2"), weight=75
                ),
                WeightedDestination(
                    subset(service("checkout", "shop", cluster="east"), {"app.kubernetes.io/version": "v1"}), weight=15
                ),
                WeightedDestination(failover("checkout", "shop"), weight=10),
            ],
            timeout="2500ms",
            retries=Retries(attempts=3, per_try_timeout="500ms"),
            fault_injection=FaultInjection(delay=FaultDelay(fixed_delay="100ms", percentage=12.5)),
            mirror=Mirror(service("checkout", "shop", cluster="west", port=8080), percentage=10),
            header_manipulation=HeaderManipulation(
                append_request_headers={"x-mesh": '"shop"'}, remove_response_headers=["server"]
            ),
            cors_policy=CorsPolicy(
                allow_origins=[
                    OriginMatch(exact="https://shop.example.com"),
                    OriginMatch(regex="https://[a-z]+[.]example[.]com"),
                ],
                allow_methods=["GET", "POST"],
                max_age="60s",
                allow_credentials=True,
            ),
        ),
    )
    # from policies.yaml:65
    TrafficPolicy(
        "gloo-mesh/checkout",
        TrafficPolicyArgs(
            name="checkout",
            namespace="gloo-mesh",
            destinations=[services(labels={"app": "checkout"}, clusters=["west"])],
            outlier_detection=OutlierDetection(consecutive_errors=3, interval="5s", base_ejection_time="60s"),
        ),
    )
    # from policies.yaml:74
    FailoverService(
        "checkout",
        FailoverServiceArgs(
            namespace="shop",
            hostname="checkout-ha.mesh.example",
            port=FailoverPort(number=8080, protocol="HTTP"),
            backing_services=[service("checkout", "shop", cluster="east"), service("checkout", "shop", cluster="west")],
        ),
    )
    # from policies.yaml:86
    AccessPolicy(
        "checkout",
        AccessPolicyArgs(
            namespace="shop",
            destinations=[services(namespaces=["shop"])],
            sources=[
                service_account("cart", "shop", cluster="east"),
                identities(namespaces=["shop"], clusters=["west"]),
            ],
            paths=["/pay*"],
            methods=["POST"],
            ports=[8080],
        ),
    )
    # from policies.yaml:101
    FailoverService(
        "nearest",
        FailoverServiceArgs(
            namespace="shop",
            hostname="nearest.mesh.example",
            port=FailoverPort(number=8080),
            backing_services=[service("checkout", "shop", cluster="east"), service("checkout", "shop", cluster="west")],
            order="nearest",
            next_regions=[NextRegions(region="east-1", to=["west-1"])],
            outlier_detection=OutlierDetection(consecutive_errors=10, interval="5s", base_ejection_time="120s"),
        ),
    )
