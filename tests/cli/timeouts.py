"""Documents of policies that ask for a timeout, for tests that need some policy."""

from __future__ import annotations


def timeout(name: str, destination: str) -> str:
    """The document of a TrafficPolicy of namespace shop, for a destination in YAML."""
    return (
        "apiVersion: meshhub.dev/v1alpha1\n"
        "kind: TrafficPolicy\n"
        f"metadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {{destinations: [{destination}], timeout: 2s}}\n"
        "---\n"
    )
