"""Manifests: the objects a compile produces, their keys, and who asked for each of their leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from meshhub_pulumi.model.finding import Owner


@dataclass(frozen=True, slots=True, order=True)
class ManifestKey:
    """The identity of an object over the whole fleet; Pulumi names and file names derive from it."""

    cluster: str
    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.cluster}/{self.group}/{self.kind}/{self.namespace}/{self.name}"


class Needs(NamedTuple):
    """What an object must follow: `placed` in its cluster, or `known` to the proxies there as well."""

    placed: frozenset[ManifestKey] = frozenset()
    known: frozenset[ManifestKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of one cluster.

    `owners` maps paths of `body` (`spec.http[0].timeout`) to the specs that asked for the leaf there.
    `after` are the objects that must be in place first (and are removed later). Of these, `known` must have reached the
    proxies too, with all that they follow themselves: traffic goes there as soon as this object is there.
    """

    key: ManifestKey
    body: Mapping[str, Any]
    owners: Mapping[str, tuple[Owner, ...]] = field(default_factory=dict)
    after: frozenset[ManifestKey] = frozenset()
    known: frozenset[ManifestKey] = frozenset()
