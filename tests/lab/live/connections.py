"""A connection for every request, so that what a request meets is the newest configuration.

A proxy keeps its connections to a server, and those keep the configuration that they were opened with: an answer
over an old one tells of the mesh as it was. A new connection from the app to its own proxy does not help.
"""

from __future__ import annotations

from typing import Any

from rendered import Objects

_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def _a_connection_each(protocol: str) -> dict[str, Any]:
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": "a-connection-each", "namespace": "istio-system"},
        "spec": {
            "configPatches": [
                {
                    "applyTo": "CLUSTER",
                    "match": {"context": "SIDECAR_OUTBOUND"},
                    "patch": {
                        "operation": "MERGE",
                        "value": {
                            "typed_extension_protocol_options": {
                                _OPTIONS: {
                                    "@type": f"type.googleapis.com/{_OPTIONS}",
                                    "common_http_protocol_options": {"max_requests_per_connection": 1},
                                    "explicit_http_config": {protocol: {}},
                                }
                            }
                        },
                    },
                }
            ]
        },
    }


A_CONNECTION_EACH = _a_connection_each("http_protocol_options")
"""For the sidecars of one cluster: they open a new connection for each HTTP request that they send."""


def with_a_connection_each(objects: Objects, *clusters: str, http2: bool = False) -> Objects:
    """The objects, and in these clusters a new connection for each request, of HTTP/2 where that is said."""
    names = dict.fromkeys([*objects, *clusters])
    each = _a_connection_each("http2_protocol_options") if http2 else A_CONNECTION_EACH
    return {name: [*objects.get(name, []), each] for name in names}
