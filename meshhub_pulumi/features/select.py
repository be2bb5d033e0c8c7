"""Selecting: which services a selector means, and how narrowly it was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshhub_pulumi.model.destination import ServiceMatcher, ServiceRef
from meshhub_pulumi.model.fleet import Fleet, FleetService, selects
from meshhub_pulumi.model.index import labelled, within


def selected(service: FleetService, selector: ServiceRef | ServiceMatcher) -> bool:
    """Whether a selector means this service."""
    key = service.key
    if isinstance(selector, ServiceRef):
        named = (selector.name, selector.namespace) == (key.name, key.namespace)
        return named and selector.cluster in (None, key.cluster)
    return (
        selects(selector.labels, service.labels)
        and (not selector.namespaces or key.namespace in selector.namespaces)
        and (not selector.clusters or key.cluster in selector.clusters)
    )


def _candidates(fleet: Fleet, selector: ServiceRef | ServiceMatcher) -> Iterable[FleetService]:
    """The services that a selector could mean, found without looking at every one."""
    if isinstance(selector, ServiceRef):
        return fleet.named(selector.namespace, selector.name)
    places = within("cluster", selector.clusters), within("namespace", selector.namespaces)
    return fleet.index.candidates(*places, *([trait] for trait in labelled(selector.labels)))


def matching(fleet: Fleet, selector: ServiceRef | ServiceMatcher) -> Iterator[FleetService]:
    """The services that a selector means."""
    return (service for service in _candidates(fleet, selector) if selected(service, selector))


NAMED = 2
"""The narrowness from which a selector names the service."""


def narrowness(selector: ServiceRef | ServiceMatcher) -> int:
    """How narrowly destinations are selected: one cluster's service, a name everywhere, labels or scopes, all."""
    if isinstance(selector, ServiceRef):
        return 3 if selector.cluster else NAMED
    return 1 if selector.labels or selector.namespaces or selector.clusters else 0
