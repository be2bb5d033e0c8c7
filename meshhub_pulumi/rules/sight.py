"""Sight: the hosts that a Sidecar lets its workloads see.

It names them by the namespace in which their Service, ServiceEntry or VirtualService lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.rules.walk import at, texts

_Names = Mapping[str, frozenset[str]]
_EVERYTHING = "*/*"


@dataclass(frozen=True, eq=False)
class Sight:
    """Names and endings of names (`*.`) by namespace (`*` for any): what is shown, unless it is excluded."""

    shown: _Names
    excluded: _Names

    @classmethod
    def of(cls, sidecar: Manifest, namespace: str) -> Sight:
        """What the workloads of a namespace see; a Sidecar without egress listeners hides nothing."""
        named = [host for _, host in texts(sidecar.body, "spec.egress[].hosts[]")]
        return cls(*_by_namespace(named if at(sidecar.body, "spec.egress") else [_EVERYTHING], namespace))

    def sees(self, namespace: str, host: str) -> bool:
        """Whether an object of a namespace about a host is let through."""
        spaces = (namespace, "*")
        return any(_has(self.shown.get(one), host) for one in spaces) and not any(
            _has(self.excluded.get(one), host) for one in spaces
        )


def _by_namespace(named: list[str], own: str) -> Iterator[_Names]:
    shown: dict[str, set[str]] = {}
    excluded: dict[str, set[str]] = {}
    for host in named:
        space, _, name = host.partition("/")
        into = shown
        if space.startswith("~"):
            # alone it stands for every namespace, and all of `~/*` is nothing
            into, space = excluded, space[1:] or "*"
        into.setdefault(own if space == "." else space, set()).add(name)
    for some in (shown, excluded):
        yield {space: frozenset(names) for space, names in some.items()}


def _has(names: frozenset[str] | None, host: str) -> bool:
    if not names:
        return False
    labels = host.split(".")
    endings = (f"*.{'.'.join(labels[index:])}" for index in range(1, len(labels)))
    return host in names or "*" in names or any(ending in names for ending in endings)
