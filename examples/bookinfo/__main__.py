"""The reviews service of two clusters as one: three quarters of its callers in kind2 are answered by v3 in kind3."""

import pulumi
import pulumi_kubernetes as k8s

from meshhub_pulumi import (
    Cluster,
    EastWestGateway,
    TrafficPolicy,
    TrafficPolicyArgs,
    VirtualMesh,
    VirtualMeshArgs,
    WeightedDestination,
    service,
    subset,
)


def cluster(name: str, gateway: str) -> Cluster:
    """A cluster, reached by the kubeconfig context of its name; its gateway's address may be an Output."""
    return Cluster(
        name,
        provider=k8s.Provider(name, context=name, cluster_identifier=name),
        gateway=EastWestGateway(address=gateway),
    )


clusters = [cluster("kind2", "172.18.0.220"), cluster("kind3", "172.18.0.230")]

with VirtualMesh("bookinfo", VirtualMeshArgs(clusters=clusters, snapshot="snapshot.yaml")) as mesh:
    TrafficPolicy(
        "reviews",
        TrafficPolicyArgs(
            destinations=[service("reviews", "default", cluster="kind2")],
            traffic_shift=[
                WeightedDestination(subset(service("reviews", "default", cluster="kind3"), version="v3"), weight=75),
                WeightedDestination(subset(service("reviews", "default", cluster="kind2"), version="v1"), weight=15),
                WeightedDestination(subset(service("reviews", "default", cluster="kind2"), version="v2"), weight=10),
            ],
        ),
    )

pulumi.export("hosts", mesh.hosts)
