"""Filters: what is done to a message on its way, for a rule as a whole or for one of its backends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIELDS = {
    "CORS": "cors",
    "RequestHeaderModifier": "requestHeaderModifier",
    "RequestMirror": "requestMirror",
    "ResponseHeaderModifier": "responseHeaderModifier",
}


def filters(by_type: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A list of filters, of which there is at most one of each type: Istio would take the last."""
    return [{"type": name, _FIELDS[name]: by_type[name]} for name in sorted(by_type)]
