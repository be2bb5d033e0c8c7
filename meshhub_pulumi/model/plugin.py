"""The seams: what a feature, a kind, a dialect and a rule must offer, and what passes between them.

A *kind* turns a spec into *attachments*: a feature's value at a *site*. A *feature* renders its value into
*patches* for the *hooks* of a dialect. A *dialect* says where each hook's patch lands and turns merged patches into
manifests. Whatever a value sends traffic to is a *reach*; features answer reaches with further attachments (a
federated host, a subset), until nothing new comes. The engine drives all of this and names none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from meshhub_pulumi.model.door import GatewayDoor
from meshhub_pulumi.model.failover import FailoverHost, FailoverMode
from meshhub_pulumi.model.finding import Finding, Owner
from meshhub_pulumi.model.fleet import FleetService, ServiceKey
from meshhub_pulumi.model.manifest import Manifest, ManifestKey, Manifests, Needs
from meshhub_pulumi.model.release import Releases
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.spec import Mesh, Spec
from meshhub_pulumi.model.view import Host, Role, View

# --- sites: where a feature attaches -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Site:
    """A place in one cluster's mesh configuration; equal sites are the same place."""

    cluster: str
    view: View = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MemberSite(Site):
    """A whole cluster, as the member of its mesh."""

    mesh: str


@dataclass(frozen=True, slots=True)
class DoorSite(Site):
    """A gateway of a cluster, by namespace and name."""

    door: str

    @property
    def gateway(self) -> GatewayDoor:
        """The gateway itself, with the port that the mesh enters it by."""
        known = (*self.view.doors[self.cluster], *self.view.cluster(self.cluster).gateways)
        return next(x for x in known if x.key == self.door)


@dataclass(frozen=True, slots=True)
class ServiceSite(Site):
    """The workloads behind a service, where it is served."""

    service: ServiceKey


@dataclass(frozen=True, slots=True)
class HostSite(Site):
    """A host as a cluster's clients (or its gateway) see it."""

    host: Host


@dataclass(frozen=True, slots=True)
class RouteKey:
    """Which requests a route takes: the callers, the match, the port; `apart` keeps equal routes separate.

    `order` sorts the routes of a host, the most specific first.
    """

    order: tuple[Any, ...]
    source: tuple[tuple[str, Any], ...]
    match: Hashable
    port: int | None
    apart: str = ""

    def __hash__(self) -> int:
        return hash(self.order)  # which is total: no two routes share it


@dataclass(frozen=True, slots=True)
class RouteSite(Site):
    """One route of a host."""

    host: Host
    route: RouteKey


# --- what passes between kinds, features and the engine ------------------------------------------------------


SPARE = (-2, 0)
"""The rank of what nobody asks for by itself: it gives way to whatever else is asked for at its leaf.

Several such values are no conflict: the first by the name of its owner holds.
"""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A feature's value at a site, with the spec that asked for it.

    `rank` decides between different values of one leaf: how narrowly the spec selects, then its priority. Equal
    ranks are a conflict, except `SPARE`.
    """

    site: Site
    feature: str
    value: Any
    owner: Owner
    rank: tuple[int, int] = (0, 0)

    def __hash__(self) -> int:
        # a spec asks for a feature at a place once, nearly always, and a value's hash may be long in coming
        return hash((self.site, self.feature, self.owner))


LabelPairs = tuple[tuple[str, str], ...]
"""Labels in order of their names, as a value that can be compared and sorted."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A client cluster sends traffic to a service or a failover host, or to the slice of it with these labels."""

    client: str
    destination: ServiceKey | FailoverHost
    subset: LabelPairs = ()
    owner: Owner = field(default=Owner(""))


@dataclass(frozen=True, slots=True)
class Target:
    """A spec applies to a service: the engine brings it to every host that service has or gets."""

    service: ServiceKey


Produced = Attachment | Reach | Finding
Patch = Mapping[Any, Any]
"""What a renderer contributes: nested mappings whose leaves are anything else, or a mapping in `Whole`."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A mapping or sequence that is one leaf: it is replaced or refused as a whole, never merged."""

    value: Any


class Leaf(NamedTuple):
    """A leaf of a merged tree with the specs that asked for it."""

    value: Any
    owners: tuple[Owner, ...]
    rank: tuple[int, int] = (0, 0)


Tree = dict[Any, Any]
"""Merged patches: nested dictionaries whose leaves are `Leaf`."""


# --- the plug-ins ---------------------------------------------------------------------------------------

S = TypeVar("S", bound=Site)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patch lands: an object, a path in its tree, and what the object holds in any case."""

    key: ManifestKey
    path: tuple[Hashable, ...] = ()
    frame: Mapping[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Hook(Generic[S]):
    """A point of a dialect where patches of one type of site land; `place` is None where the site has none."""

    name: str
    site: type[S]
    place: Callable[[S], Place | None]

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False, kw_only=True)
class Feature:
    """One thing a mesh can do.

    `render`: per hook, the patch of a value at a site; None where it has no part in that object. `check`: findings
    about a value at a site. `refer`: what the value sends traffic to. `derive`: what a reach makes necessary.
    `roles`: the hosts it applies at.
    """

    name: str
    title: str
    render: Mapping[Hook[Any], Callable[[Any, Any], Patch | None]] = field(default_factory=dict)
    check: Callable[[Any, Any, Owner], Iterable[Finding]] | None = None
    refer: Callable[[Any, Any, Owner], Iterable[Produced]] | None = None
    derive: Callable[[Reach, View], Iterable[Produced]] | None = None
    roles: frozenset[Role] = frozenset({Role.LOCAL, Role.IMPORT})


@dataclass(frozen=True, eq=False, kw_only=True)
class Kind:
    """One kind of spec.

    `attach` yields attachments, reaches, findings, and the services the spec applies to; `on_host` is asked for
    each host of those. `mesh` is given by the kind that joins clusters, `failover` by the kind whose specs are failover
    hosts; it is asked before anything attaches. `carries` names the features in its fields.
    """

    name: str
    args: type[MeshModel]
    carries: tuple[str, ...] = ()
    attach: Callable[[Spec, View], Iterable[Produced | Target]]
    on_host: Callable[[Spec, HostSite], Iterable[Produced]] = field(default=lambda _spec, _site: ())
    mesh: Callable[[Spec], Mesh] | None = None
    failover: Callable[[Spec, View], FailoverHost] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Dialect:
    """One output language.

    `base` is what it holds for a cluster in any case. `assemble` turns a merged tree into the object's body (its
    leaves moved, not unpacked). `order` says what must be in place before each object, from the objects and the
    sites that they came from. `route_ports`: the ports for which a service gets routes of their own; None stands
    for all. `routes_apart`: whether equal conditions of two policies stay two routes. `conflicts_refused`: whether
    two values of one leaf are an error, or the first spec by name wins. `keeps_subsets`: whether the subsets of a
    service are those that its workloads make, or only those that policies name. `failover`: how it makes a failover
    host whose spec does not say. `any_failover_hostname`: whether such a host may lack the suffix of its mesh.
    `sources_ignored`: whether a policy's callers are passed over where they limit a host's settings or name clusters,
    instead of refused and honoured. `unsayable`: what of a site it has no form for, each with the field of a spec that
    asks for it. `releases`: those of the mesh that it is written for.
    """

    name: str
    title: str
    hooks: tuple[Hook[Any], ...]
    assemble: Callable[[ManifestKey, Tree], dict[str, Any]]
    order: Callable[
        [Mapping[ManifestKey, Manifest], Mapping[ManifestKey, Iterable[Site]]],
        Mapping[ManifestKey, Needs],
    ]
    base: Callable[[str, View], Iterable[Produced]] = field(default=lambda _cluster, _view: ())
    route_ports: Callable[[FleetService], tuple[int | None, ...]]
    routes_apart: bool = False
    conflicts_refused: bool = True
    keeps_subsets: bool = True
    failover: FailoverMode = "locality"
    any_failover_hostname: bool = True
    sources_ignored: bool = False
    unsayable: Callable[[Site], Iterable[tuple[str, str]]] = field(default=lambda _site: ())
    releases: Releases | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Rule:
    """A stateless review check over the view and the manifests."""

    name: str
    codes: tuple[str, ...]
    check: Callable[[View, Mapping[ManifestKey, Manifest]], Iterable[Finding]]


@dataclass(frozen=True, eq=False, kw_only=True)
class ManifestRule:
    """A stateless review check over manifests alone.

    It asks nothing of who wrote them: the policy pack runs it on objects that no spec made and no server has seen, so
    that any part of a body may be of another form, or late. `follows`: the codes of faults in a spec that lead to what
    it finds; where the spec's own fault is told, the object's is not.
    """

    name: str
    codes: tuple[str, ...]
    check: Callable[[Manifests], Iterable[Finding]]
    follows: tuple[str, ...] = ()
