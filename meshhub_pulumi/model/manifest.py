"""Manifests: the objects a compile produces, their keys, and who asked for each of their leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from meshhub_pulumi.model.finding import Owner


class ManifestKey(NamedTuple):
    """The identity of an object over the whole fleet; Pulumi names and file names derive from it."""

    cluster: str
    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.cluster}/{self.group}/{self.kind}/{self.namespace}/{self.name}"

    @property
    def title(self) -> str:
        """The object for people."""
        return f"{self.kind} {self.namespace}/{self.name} in {self.cluster}"


class Needs(NamedTuple):
    """What an object must follow: `placed` in its cluster, or `known` to the proxies there as well."""

    placed: frozenset[ManifestKey] = frozenset()
    known: frozenset[ManifestKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of one cluster.

    `owners` maps paths of `body` (`spec.http[0].timeout`) to the specs that asked for the leaf there; the empty path
    stands for the whole of an object that no spec asked for.
    `after` are the objects that must be in place first (and are removed later). Of these, `known` must have reached the
    proxies too, with all that they follow themselves: traffic goes there as soon as this object is there.
    """

    key: ManifestKey
    body: Mapping[str, Any]
    owners: Mapping[str, tuple[Owner, ...]] = field(default_factory=dict)
    after: frozenset[ManifestKey] = frozenset()
    known: frozenset[ManifestKey] = frozenset()

    @property
    def by_hand(self) -> bool:
        """Whether somebody wrote it as it is."""
        return "" in self.owners


@dataclass(frozen=True, slots=True)
class Conventions:
    """What Istio reads into the objects of a cluster although none of them says it."""

    cluster_domain: str = "cluster.local"
    root_namespace: str = "istio-system"


@dataclass(frozen=True, eq=False)
class Manifests:
    """Objects of several clusters as a rule sees them, whoever wrote them."""

    all: Mapping[ManifestKey, Manifest]
    conventions: Mapping[str, Conventions]
    """By cluster, for every cluster that holds an object."""

    def of(self, kind: str) -> Iterator[Manifest]:
        """The objects of a kind."""
        return (manifest for key, manifest in self.all.items() if key.kind == kind)

    def whole_name(self, host: str, key: ManifestKey) -> str:
        """A host as Istio reads it in an object: a name without a dot is a Service of the object's namespace."""
        if "." in host or host == "*":
            return host
        return f"{host}.{key.namespace}.svc.{self.conventions[key.cluster].cluster_domain}"
