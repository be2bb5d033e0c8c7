"""The effect of a change on the mesh: what its printers are given. Everything is text or number, and in order.

Exchanging the two compiles exchanges before and after, gained and lost, created and deleted, new and fixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from meshhub_pulumi.model.finding import Finding

Tiers = tuple[str, ...]
"""Where requests to a host end up, in the order in which it is tried."""


@dataclass(frozen=True, slots=True, order=True)
class Seen:
    """A destination as the callers of one cluster see it; with `gateway`, as its gateways see it for other clusters."""

    destination: str
    cluster: str
    gateway: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A setting and its values; None where it is not set."""

    setting: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the requests go to a target, in percent."""

    target: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """What happens differently to some requests; each element of `requests` is a condition, empty for all requests."""

    seen: Seen
    requests: tuple[tuple[str, ...], ...]
    shares: tuple[Share, ...]
    settings: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """A host that can be called since the change (no tiers before), not any more (none after), or in another way.

    With `subsets`, it is these subsets of the host that this is said of.
    """

    seen: Seen
    before: Tiers | None
    after: Tiers | None
    subsets: tuple[str, ...] = ()
    settings: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Connection:
    """How proxies connect differently to a destination."""

    seen: Seen
    settings: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """Callers that some workloads of a cluster let in since the change or not any more, and all they let in now."""

    cluster: str
    workloads: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """What is different in an object that is about no destination, such as a gateway."""

    cluster: str
    object: str
    before: bool
    """Whether it was there."""
    after: bool
    """Whether it is there now."""
    settings: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Touched:
    """The objects of a cluster that a deployment creates, updates and deletes: the blast radius."""

    cluster: str
    created: tuple[str, ...]
    updated: tuple[str, ...]
    deleted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything that the mesh does differently."""

    traffic: Sequence[Traffic] = ()
    hosts: Sequence[Reached] = ()
    failover: Sequence[Reached] = ()
    connections: Sequence[Connection] = ()
    access: Sequence[Access] = ()
    others: Sequence[Other] = ()

    def __bool__(self) -> bool:
        """Whether the mesh does anything differently."""
        return any((self.traffic, self.hosts, self.failover, self.connections, self.access, self.others))


@dataclass(frozen=True, slots=True)
class Review:
    """The effect, the objects that a deployment touches for it, and the findings on both sides.

    `effect` is None where nothing of a side can be applied, which its findings explain.
    """

    effect: Effect | None
    touched: Sequence[Touched] = ()
    new: Sequence[Finding] = ()
    fixed: Sequence[Finding] = ()
    base_errors: int = 0
    head_errors: int = 0
    clusters: Sequence[str] = ()
    """All clusters of both sides."""
