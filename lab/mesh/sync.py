"""What istiod and its proxies say of each other: who has acknowledged what, and who refused it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from lab import istiod, wait
from lab.cluster import Cluster
from lab.ports import ADDRESS

QUIET = 0.3
"""Seconds without anything new after which nothing more is coming. istiod gathers changes for 0.1 s."""
_REFUSED = "update_rejected"
_REFUSED_IN_LOG = "ACK ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A configuration that a proxy refused: the proxy keeps what it had before."""

    cluster: str
    proxy: str
    """The pod's namespace and name; empty where only istiod's log tells of it."""
    said: str
    """Envoy's counter and how far it got, or the line in istiod's log."""


def settle(clusters: Mapping[Cluster, Iterable[str]], *, limit: float = 30.0) -> None:
    """Return when every proxy has acknowledged all that its istiod sent, and nothing more is coming.

    `clusters` says which proxies (`name.namespace`) each istiod must know of. Raises LabError after `limit`
    seconds, with what was still open.
    """
    before: list[Any] = []
    since = time.monotonic()

    def unsettled() -> str:
        nonlocal before, since
        seen = [_status(cluster) for cluster in clusters]
        if seen != before:
            before, since = seen, time.monotonic()
        for (cluster, proxies), status in zip(clusters.items(), seen, strict=True):
            if reason := _open(status, set(proxies)):
                return f"{cluster.name}: {reason}"
        return "" if time.monotonic() - since >= QUIET else "configuration has just changed"

    wait.until("mesh settled", unsettled, limit=limit)


def _status(cluster: Cluster) -> dict[str, Mapping[str, Mapping[str, str]]] | str:
    """By proxy and kind of configuration: which was sent and which was acknowledged."""
    try:
        # without TLS, whose certificates would be read anew for every question
        url = f"http://{ADDRESS}:{cluster.ports.istiod_http}/debug/syncz"
        answer = httpx.get(url, timeout=5.0, trust_env=False, verify=False)
        answer.raise_for_status()
    except httpx.HTTPError as problem:
        return f"istiod does not answer: {problem}"
    return {entry["proxy"]: entry.get("resources") or {} for entry in answer.json() or []}


def _open(status: dict[str, Mapping[str, Mapping[str, str]]] | str, proxies: set[str]) -> str:
    if isinstance(status, str):
        return status
    if missing := sorted(proxies - status.keys()):
        return f"{missing[0]} is not connected"
    for proxy in sorted(proxies):
        for kind, resource in status[proxy].items():
            if resource.get("sent") and resource["sent"] != resource.get("acked"):
                return f"{proxy} has not acknowledged {kind}: {resource.get('lastError') or 'no answer yet'}"
    return ""


def refused_by_proxy(cluster: str, proxy: str, stats: Mapping[str, int]) -> list[Rejection]:
    """The refusals that an Envoy counts."""
    return [
        Rejection(cluster=cluster, proxy=proxy, said=f"{name} {count}")
        for name, count in sorted(stats.items())
        if name.endswith(_REFUSED) and count
    ]


def refused_in_log(cluster: Cluster) -> list[Rejection]:
    """The refusals that istiod's log tells of, since istiod's last start."""
    try:
        text = cluster.log(istiod.PROGRAM).read_text(errors="replace")
    except FileNotFoundError:
        return []
    lines = [line for line in text.splitlines() if _REFUSED_IN_LOG in line]
    return [Rejection(cluster=cluster.name, proxy="", said=line) for line in lines]
