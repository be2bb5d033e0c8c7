"""Attach: specs become features at sites, and what they reach becomes further attachments, until nothing is new."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from meshhub_pulumi.model.finding import Finding, errors_in
from meshhub_pulumi.model.fleet import ServiceKey
from meshhub_pulumi.model.plugin import Attachment, Feature, HostSite, Kind, Produced, Reach, Target
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.model.view import Host, View


class _Worklist:
    """Everything found so far, each thing once; `pending` is what has not been followed yet."""

    def __init__(self) -> None:
        self.attachments: dict[Attachment, None] = {}
        self.reaches: dict[Reach, None] = {}
        self.findings: list[Finding] = []
        self.pending: deque[Attachment | Reach] = deque()

    def add(self, produced: Iterable[Produced]) -> None:
        for item in produced:
            if isinstance(item, Finding):
                self.findings.append(item)
                continue
            seen: dict[Any, None] = self.attachments if isinstance(item, Attachment) else self.reaches
            before = len(seen)
            seen[item] = None  # asks for the hash once, which is most of the work here
            if len(seen) > before:
                self.pending.append(item)


def attach(
    view: View, kinds: Mapping[str, Kind], features: Mapping[str, Feature]
) -> tuple[list[Attachment], list[Finding]]:
    """Every attachment of every spec, those that reaches make necessary included, and what was found wrong.

    An attachment that is an error is left out: renderers may trust what they are given.
    """
    work = _Worklist()
    wrong: set[Attachment] = set()
    targets: dict[ServiceKey, dict[Spec, None]] = {}
    hosts: set[Host] = set()
    deriving = [feature.derive for feature in features.values() if feature.derive]

    def visit(site: HostSite) -> None:
        if site.host.serves is None or site.host in hosts:
            return
        hosts.add(site.host)
        for spec in targets.get(site.host.serves, ()):
            work.add(kinds[spec.kind].on_host(spec, site))

    for cluster, dialect in view.dialect_of.items():
        work.add(dialect.base(cluster, view))
    for spec in view.specs.values():
        for item in kinds[spec.kind].attach(spec, view):
            if isinstance(item, Target):
                targets.setdefault(item.service, {})[spec] = None
            else:
                work.add([item])
    for service in targets:
        visit(HostSite(service.cluster, view, view.local_host(service)))
    while work.pending:
        item = work.pending.popleft()
        if isinstance(item, Reach):
            for derive in deriving:
                work.add(derive(item, view))
            continue
        feature = features[item.feature]
        for ask in filter(None, (feature.check, feature.refer)):
            found = list(ask(item.value, item.site, item.owner))
            work.add(found)
            if errors_in(x for x in found if isinstance(x, Finding)):
                wrong.add(item)
        if isinstance(item.site, HostSite):
            visit(item.site)
    kept = [item for item in work.attachments if item not in wrong] if wrong else list(work.attachments)
    return kept, work.findings
