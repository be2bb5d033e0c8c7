"""The engine's side of a policy pack: resources as Pulumi shows them, first one by one and then all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from meshhub_pulumi.policy_pack.policies import policies

UNKNOWN = UNKNOWN_STRING_VALUE
_GROUPS = {
    **dict.fromkeys(("VirtualService", "DestinationRule", "ServiceEntry"), "networking.istio.io"),
    **dict.fromkeys(("HTTPRoute", "GRPCRoute"), "gateway.networking.k8s.io"),
}
_OPTIONS = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])


@dataclass
class Resource:
    """A resource: its inputs, and what it is expected to become if that is something else."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    provider: PolicyProviderResource | None = None
    parent: Resource | None = None
    outputs: Mapping[str, Any] | None = None
    urn: str = field(init=False)

    def __post_init__(self) -> None:
        self.urn = f"urn:pulumi:test::shop::{self.type}::{self.name}"


def provider(name: str, **props: Any) -> PolicyProviderResource:
    """A kubernetes provider."""
    kind = "pulumi:providers:kubernetes"
    return PolicyProviderResource(kind, unknown_checking_proxy(props), f"urn:pulumi:test::shop::{kind}::{name}", name)


EAST = provider("east", kubeconfig="~/.kube/config", context="east")


def istio(kind: str, name: str, at: PolicyProviderResource = EAST, namespace: Any = "shop", **spec: Any) -> Resource:
    """An object of Istio's, or a route of the Gateway API, written by hand."""
    meta = {"name": name, "namespace": namespace}
    version = f"{_GROUPS.get(kind, 'security.istio.io')}/v1"
    body = {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}
    return Resource(f"kubernetes:{version}:{kind}", name, body, at)


def judged(*resources: Resource, config: Mapping[str, Mapping[str, Any]] | None = None) -> list[tuple[str, str, str]]:
    """What the pack reports: policy, name of the resource, sentence."""
    reports: list[tuple[str, str, str]] = []
    shown = {resource.urn: _shown(resource) for resource in resources}
    for resource in resources:
        if resource.parent:
            shown[resource.urn].parent = shown[resource.parent.urn]
    for policy in policies():
        told = _Told(policy.name, reports)
        if isinstance(policy, ResourceValidationPolicy):
            for resource in resources:
                props = unknown_checking_proxy(dict(resource.inputs))
                args = (resource.type, props, resource.urn, resource.name, _OPTIONS, resource.provider)
                told.urn = resource.urn
                policy.validate(ResourceValidationArgs(*args), told)
        elif isinstance(policy, StackValidationPolicy):
            policy.validate(StackValidationArgs(list(shown.values()), (config or {}).get(policy.name)), told)
    return reports


def codes(reports: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """The policy and the resource of each report."""
    return [(policy, name) for policy, name, _ in reports]


def _shown(resource: Resource) -> PolicyResource:
    outputs = resource.inputs if resource.outputs is None else resource.outputs
    props = unknown_checking_proxy(dict(outputs))
    return PolicyResource(resource.type, props, resource.urn, resource.name, _OPTIONS, resource.provider, None, [], {})


@dataclass
class _Told:
    policy: str
    reports: list[tuple[str, str, str]]
    urn: str = ""

    def __call__(self, message: str, urn: str | None = None) -> None:
        self.reports.append((self.policy, (urn or self.urn).rpartition("::")[2], message))
