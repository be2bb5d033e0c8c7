"""Checked by mypy, never run: right uses are accepted, and each `type: ignore` marks a use that must be refused."""

import pulumi
import pulumi_kubernetes as k8s

from meshhub_pulumi import (
    AccessPolicy,
    AccessPolicyArgs,
    Cluster,
    CorsPolicy,
    EastWestGateway,
    FailoverPort,
    FailoverService,
    FailoverServiceArgs,
    FaultAbort,
    FaultDelay,
    FaultInjection,
    HeaderManipulation,
    Mirror,
    NamedPolicy,
    NextRegions,
    OriginMatch,
    Retries,
    TrafficPolicy,
    TrafficPolicyArgs,
    VirtualMesh,
    VirtualMeshArgs,
    WeightedDestination,
    failover,
    service,
    service_account,
    subset,
)

late = pulumi.Output.from_input("192.0.2.1")
east = Cluster("east", provider=k8s.Provider("east"), gateway=EastWestGateway(address=late))
west = Cluster("west", provider=k8s.Provider("west"), gateway=EastWestGateway(addresses=["192.0.2.2", late]))
v1 = subset(service("web", cluster="east"), version="v1")

with VirtualMesh("mesh", VirtualMeshArgs(clusters=[east, west], snapshot="snapshot.yaml")) as mesh:
    TrafficPolicy(
        "split",
        TrafficPolicyArgs(
            destinations=[service("web")],
            timeout="5s",
            retries=Retries(attempts=2),
            traffic_shift=[WeightedDestination(v1, weight=100)],
        ),
    )
    TrafficPolicy("mapping", {"timeout": "5s"})
    TrafficPolicy(
        "trial",
        TrafficPolicyArgs(
            destinations=[service("web")],
            fault_injection=FaultInjection(
                delay=FaultDelay(fixed_delay="2s", percentage=10), abort=FaultAbort(http_status=503, percentage=0.5)
            ),
            mirror=Mirror(v1, percentage=10),
            header_manipulation=HeaderManipulation(append_request_headers={"x-trial": "yes"}),
            cors_policy=CorsPolicy(allow_origins=[OriginMatch(exact="https://example.com")], max_age="60s"),
        ),
    )
    FailoverService(
        "ha",
        FailoverServiceArgs(hostname="ha.global", port=FailoverPort(number=80), backing_services=[service("web")]),
    )
    TrafficPolicy(
        "ha", TrafficPolicyArgs(traffic_shift=[WeightedDestination(failover("ha", subset={"version": "v1"}), weight=1)])
    )
    FailoverServiceArgs(
        hostname="a.global",
        port=FailoverPort(number=80),
        backing_services=[],
        mode="aggregate",
        order="nearest",
        next_regions=[NextRegions(region="eu", to=["us"])],
    )
    AccessPolicy("readers", AccessPolicyArgs(sources=[service_account("reader", "shop")], methods=["GET"]))

hosts: pulumi.Output[dict[str, list[str]]] = mesh.hosts
VirtualMesh("eager", VirtualMeshArgs(clusters=[east], policies=[NamedPolicy("p", TrafficPolicyArgs(timeout="1s"))]))

TrafficPolicyArgs(timeout=5)  # type: ignore[arg-type]
TrafficPolicyArgs(time_out="5s")  # type: ignore[call-arg]
TrafficPolicyArgs(destinations=["web"])  # type: ignore[list-item]
WeightedDestination(v1, weight="75")  # type: ignore[arg-type]
WeightedDestination(v1)  # type: ignore[call-arg]
Mirror("web")  # type: ignore[arg-type]
Mirror(v1, percentage="10")  # type: ignore[arg-type]
FailoverServiceArgs(hostname="a.global", port=FailoverPort(number=80), backing_services=[], mode="tiers")  # type: ignore[arg-type]
NextRegions(region="eu")  # type: ignore[call-arg]
FaultAbort(percentage=10)  # type: ignore[call-arg]
FaultInjection(delay="2s")  # type: ignore[arg-type]
HeaderManipulation(append_request_headers=["x-trial"])  # type: ignore[arg-type]
CorsPolicy(allow_methods=["FETCH"])  # type: ignore[list-item]
Cluster(5)  # type: ignore[arg-type]
EastWestGateway(address=5)  # type: ignore[arg-type]
AccessPolicyArgs(methods=["FETCH"])  # type: ignore[list-item]
VirtualMeshArgs(clusters=[east], compat="smh-0.9")  # type: ignore[arg-type]
VirtualMesh("mesh", mesh)  # type: ignore[arg-type]
