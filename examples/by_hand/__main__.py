"""Istio objects written by hand, without a mesh: what the policy pack finds in them stops the preview."""

import pulumi
import pulumi_kubernetes as k8s
from pulumi_kubernetes.apiextensions import CustomResource

kind2 = pulumi.ResourceOptions(provider=k8s.Provider("kind2", context="kind2"))

CustomResource(
    "reviews-route",
    api_version="networking.istio.io/v1",
    kind="VirtualService",
    metadata={"name": "reviews", "namespace": "default"},
    spec={
        "hosts": ["reviews"],
        "http": [
            {
                "route": [
                    {"destination": {"host": "reviews", "subset": "v1"}, "weight": 90},
                    {"destination": {"host": "reviews", "subset": "v3"}, "weight": 5},
                ]
            }
        ],
    },
    opts=kind2,
)
CustomResource(
    "reviews-subsets",
    api_version="networking.istio.io/v1",
    kind="DestinationRule",
    metadata={"name": "reviews", "namespace": "default"},
    spec={
        "host": "reviews.default.svc.cluster.local",
        "subsets": [{"name": version, "labels": {"version": version}} for version in ("v1", "v2")],
    },
    opts=kind2,
)
