"""Defaults of an API: what a server writes into an object that says nothing there, so that it reads back longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_EVERY_PATH = {"type": "PathPrefix", "value": "/"}
_RULE = "spec.rules[]"

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "HTTPRoute": {
        "spec.parentRefs[].group": "gateway.networking.k8s.io",
        "spec.parentRefs[].kind": "Gateway",
        f"{_RULE}.matches": [{"path": _EVERY_PATH}],
        f"{_RULE}.matches[].path": _EVERY_PATH,
        f"{_RULE}.matches[].path.type": "PathPrefix",
        f"{_RULE}.matches[].path.value": "/",
        f"{_RULE}.matches[].headers[].type": "Exact",
        f"{_RULE}.matches[].queryParams[].type": "Exact",
        f"{_RULE}.backendRefs[].group": "",
        f"{_RULE}.backendRefs[].kind": "Service",
        f"{_RULE}.backendRefs[].weight": 1,
        f"{_RULE}.filters[].cors.maxAge": 5,
        f"{_RULE}.filters[].requestMirror.backendRef.group": "",
        f"{_RULE}.filters[].requestMirror.backendRef.kind": "Service",
        f"{_RULE}.filters[].requestMirror.fraction.denominator": 100,
        f"{_RULE}.backendRefs[].filters[].requestMirror.backendRef.group": "",
        f"{_RULE}.backendRefs[].filters[].requestMirror.backendRef.kind": "Service",
        f"{_RULE}.backendRefs[].filters[].requestMirror.fraction.denominator": 100,
    },
}
"""By kind and path; Istio's own kinds have none."""
