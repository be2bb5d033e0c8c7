"""Istio's API groups, kinds and versions."""

from __future__ import annotations

from typing import Final

NETWORKING: Final = "networking.istio.io"
SECURITY: Final = "security.istio.io"

KINDS: Final = {
    "VirtualService": NETWORKING,
    "DestinationRule": NETWORKING,
    "ServiceEntry": NETWORKING,
    "Gateway": NETWORKING,
    "EnvoyFilter": NETWORKING,
    "AuthorizationPolicy": SECURITY,
    "PeerAuthentication": SECURITY,
}

_ONE_VERSION: Final = {"EnvoyFilter": ("v1alpha3",)}


def written_versions(kind: str) -> tuple[str, ...]:
    """The API versions that some dialect or release of the library writes, the current one first.

    An API server serves the same object under each. A version is never taken from this list: the names of Pulumi's
    resources hold it.
    """
    return _ONE_VERSION.get(kind, ("v1", "v1beta1"))
