"""The API groups, kinds and versions of what Istio reads."""

from __future__ import annotations

from typing import Final

NETWORKING: Final = "networking.istio.io"
SECURITY: Final = "security.istio.io"
GATEWAY_API: Final = "gateway.networking.k8s.io"

KINDS: Final = {
    "VirtualService": NETWORKING,
    "DestinationRule": NETWORKING,
    "ServiceEntry": NETWORKING,
    "Gateway": NETWORKING,
    "EnvoyFilter": NETWORKING,
    "AuthorizationPolicy": SECURITY,
    "PeerAuthentication": SECURITY,
    "HTTPRoute": GATEWAY_API,
}

_ALPHA: Final = {"EnvoyFilter": ("v1alpha3",)}


def registered_versions(kind: str) -> tuple[str, ...]:
    """The API versions under which releases of the library have registered objects of a kind, the current one first.

    The current one is what every supported Istio serves. Pulumi keeps it in a resource's type, so a version is never
    taken from this list: those after the first are the aliases of each object.
    """
    return _ALPHA.get(kind, ("v1",))
