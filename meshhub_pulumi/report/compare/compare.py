"""Compare: two compiles, by key, become everything that the mesh does differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from meshhub_pulumi.model.finding import Finding, errors_in
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.view import View
from meshhub_pulumi.report.compare.access import Policies, access
from meshhub_pulumi.report.compare.actions import Targets
from meshhub_pulumi.report.compare.effect import Connection, Effect, Reached, Review, Seen, Tiers
from meshhub_pulumi.report.compare.findings import new_in
from meshhub_pulumi.report.compare.hosts import Link, links_of, setting_changes
from meshhub_pulumi.report.compare.leaves import changes
from meshhub_pulumi.report.compare.names import Names
from meshhub_pulumi.report.compare.objects import touched
from meshhub_pulumi.report.compare.others import others, settings_of
from meshhub_pulumi.report.compare.routes import routes_of, traffic


@dataclass(frozen=True, eq=False, slots=True)
class Side:
    """One of the two compiles; without manifests where nothing of it can be applied."""

    findings: Sequence[Finding]
    manifests: Mapping[ManifestKey, Manifest] | None = None
    view: View | None = None

    @property
    def errors(self) -> int:
        """How many of its findings are errors."""
        return len(errors_in(self.findings))


def compare(base: Side, head: Side) -> Review:
    """What changes from one side to the other."""
    review = Review(
        None,
        new=new_in(head.findings, base.findings),
        fixed=new_in(base.findings, head.findings),
        base_errors=base.errors,
        head_errors=head.errors,
    )
    if base.manifests is None or base.view is None or head.manifests is None or head.view is None:
        return review
    before, after = _Picture(base.manifests, base.view), _Picture(head.manifests, head.view)
    return replace(
        review,
        effect=_effect(before, after),
        touched=touched(base.manifests, head.manifests),
        clusters=sorted(base.view.fleet.clusters.keys() | head.view.fleet.clusters.keys()),
    )


class _Picture:
    """What one side's objects mean."""

    def __init__(self, manifests: Mapping[ManifestKey, Manifest], view: View) -> None:
        each = [manifests[key] for key in sorted(manifests)]
        self.names = Names(view)
        self.links = links_of(each, self.names)
        self.routes = routes_of(each, Targets(self.names, self.links))
        self.policies = Policies(each, view)
        self.settings = settings_of(each, self.names)


def _effect(before: _Picture, after: _Picture) -> Effect:
    seens = sorted(before.links.keys() | after.links.keys())
    hosts = [reached for seen in seens for reached in _reached(seen, before, after)]
    failover = [x for x in hosts if x.before and x.after and any(y.names.is_failover(x.seen) for y in (before, after))]
    routed = sorted(before.routes.keys() | after.routes.keys())
    return Effect(
        traffic=[
            x
            for seen in routed
            for x in traffic(seen, before.routes.get(seen), after.routes.get(seen), _ports(seen, before, after))
        ],
        hosts=[x for x in hosts if x not in failover],
        failover=failover,
        connections=[
            Connection(seen, difference)
            for seen in seens
            if _there(seen, before) == _there(seen, after)
            and (difference := setting_changes(_link(seen, before), _link(seen, after)))
        ],
        access=access(before.policies, after.policies),
        others=others(before.settings, after.settings),
    )


def _link(seen: Seen, picture: _Picture) -> Link:
    return picture.links.get(seen, Link())


def _there(seen: Seen, picture: _Picture) -> bool:
    """Whether a ServiceEntry makes the host."""
    return _link(seen, picture).tiers is not None


def _ports(seen: Seen, *pictures: _Picture) -> set[int]:
    return {port for picture in pictures for port in picture.names.http_ports.get(seen.destination, ())}


def _reached(seen: Seen, before: _Picture, after: _Picture) -> Iterator[Reached]:
    old, new = _link(seen, before), _link(seen, after)
    if (old.tiers is None) != (new.tiers is None):
        yield Reached(seen, old.tiers, new.tiers, settings=changes(old.settings, new.settings))
        return
    if old.tiers != new.tiers:
        yield Reached(seen, old.tiers, new.tiers)
    grouped: dict[tuple[Tiers | None, Tiers | None], list[str]] = {}
    for subset in sorted(old.subsets.keys() | new.subsets.keys()):
        tiers = (old.subsets.get(subset), new.subsets.get(subset))
        if tiers[0] != tiers[1]:
            grouped.setdefault(tiers, []).append(subset)
    for tiers, subsets in grouped.items():
        yield Reached(seen, *tiers, subsets=tuple(subsets))
