"""What routes send requests to, or copies of them, whichever kind they are written as."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Spec = Mapping[str, Any]


def local_name(name: str, namespace: str) -> str:
    """What stands here for a Service of the route's own cluster, where its host's name is not said."""
    return f"{name}.{namespace}"


def _virtual_service(spec: Spec) -> Iterator[str]:
    for route in spec.get("http", ()):
        for share in route.get("route", ()):
            yield share["destination"]["host"]
        if mirror := route.get("mirror"):
            yield mirror["host"]


def _http_route(spec: Spec) -> Iterator[str]:
    for rule in spec.get("rules", ()):
        mirrors = (
            found["requestMirror"]["backendRef"] for found in rule.get("filters", ()) if "requestMirror" in found
        )
        for ref in (*rule.get("backendRefs", ()), *mirrors):
            is_host = ref.get("kind") == "Hostname"
            yield ref["name"] if is_host else local_name(ref["name"], ref.get("namespace", ""))


SENT_TO: Final[Mapping[str, Callable[[Spec], Iterator[str]]]] = {
    "HTTPRoute": _http_route,
    "VirtualService": _virtual_service,
}
"""The kinds of routes, and how the spec of each says it: hosts, or the local names of Services."""
