"""The deck's mesh as a program, with the parts that tests change."""

from __future__ import annotations

_PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s
from meshhub_pulumi import *

def cluster(name, gateway):
    provider = k8s.Provider(name, context=name, cluster_identifier=name)
    return Cluster(name, provider=provider, dialect={dialect!r}, gateway=EastWestGateway(address=gateway))

{before}
with VirtualMesh("bookinfo", VirtualMeshArgs(
    clusters=[cluster("kind2", "172.18.0.220"), cluster("kind3", {gateway})], snapshot="snapshot.yaml"{mesh},
)) as mesh:
{policies}
pulumi.export("hosts", mesh.hosts)
{after}
"""

REVIEWS = """
    TrafficPolicy("reviews", TrafficPolicyArgs(
        destinations=[service("reviews", "default", cluster="kind2")],
        traffic_shift=[
            WeightedDestination(subset(service("reviews", "default", cluster="kind3"), version="v3"), weight={v3}),
            WeightedDestination(subset(service("reviews", "default", cluster="kind2"), version="v1"), weight={v1}),
            WeightedDestination(subset(service("reviews", "default", cluster="kind2"), version="v2"), weight={v2}),
        ],
        {more}
    ))
"""

FAILOVER = """
    FailoverService("reviews-ha", FailoverServiceArgs(
        hostname="reviews-ha.default.global", port={"number": 9080},
        backing_services=[service("reviews", cluster="kind2"), service("reviews", cluster="kind3")]))
"""

ACCESS = """
    AccessPolicy("readers", AccessPolicyArgs(
        destinations=[service("reviews")], sources=[service_account("productpage", "default")], methods=["GET"]))
"""


SHARED = """
    TrafficPolicy("reviews", TrafficPolicyArgs(
        destinations=[service("reviews", "default", cluster="kind2")],
        traffic_shift=[
            WeightedDestination(service("reviews", "default", cluster="kind3"), weight={there}),
            WeightedDestination(service("reviews", "default", cluster="kind2"), weight={here}),
        ]))
"""


def shared(there: int) -> str:
    """A share of the requests goes to the other cluster, the rest stays."""
    return SHARED.format(there=there, here=100 - there)


def reviews(v3: int = 75, v1: int = 15, v2: int = 10, more: str = "") -> str:
    """The deck's policy with other weights or further fields."""
    return REVIEWS.format(v3=v3, v1=v1, v2=v2, more=more)


def program(
    policies: str | None = None,
    *,
    gateway: str = '"172.18.0.230"',
    mesh: str = "",
    before: str = "",
    after: str = "",
    dialect: str | None = None,
) -> str:
    """A whole program."""
    body = reviews() if policies is None else policies
    parts = {"gateway": gateway, "mesh": mesh, "before": before, "after": after, "dialect": dialect}
    return _PROGRAM.format(policies=body or "    pass", **parts)
