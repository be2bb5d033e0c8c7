"""Hosts: ServiceEntries, DestinationRules and aggregates become what a cluster's callers can reach, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from meshhub_pulumi.model.manifest import Manifest
from meshhub_pulumi.report.compare.aggregates import Aggregate, aggregates_of
from meshhub_pulumi.report.compare.effect import Change, Seen, Tiers
from meshhub_pulumi.report.compare.endpoints import endpoints_of, tiers_of
from meshhub_pulumi.report.compare.leaves import changes, joined, labels_text
from meshhub_pulumi.report.compare.names import Names
from meshhub_pulumi.report.compare.settings import (
    endpoint_settings,
    entry_settings,
    policy_settings,
    priorities_of,
    route_settings,
    rule_settings,
)

Spec = Mapping[str, Any]

DEFINED: Tiers = ("as the host",)
"""Stands for the tiers of a subset that is the host's whole."""


@dataclass(frozen=True, slots=True)
class Link:
    """A destination as some callers see it.

    `tiers` is None where no ServiceEntry makes it: it is a service of the cluster itself. `subsets` are the tiers of
    the subsets by their labels, `named` are these labels by the name that a route uses.
    """

    tiers: Tiers | None = None
    subsets: Mapping[str, Tiers] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    subset_settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Parts:
    """The objects about one destination."""

    entries: list[tuple[str, Spec]] = field(default_factory=list)
    rules: list[tuple[str, Spec]] = field(default_factory=list)
    routes: list[tuple[str, Spec]] = field(default_factory=list)
    aggregates: dict[str, Aggregate] = field(default_factory=dict)


def links_of(manifests: Iterable[Manifest], names: Names) -> dict[Seen, Link]:
    """Everything that is called, by who calls it."""
    parts: dict[Seen, _Parts] = {}
    for manifest in manifests:
        for seen, add in _about(manifest, names):
            add(parts.setdefault(seen, _Parts()))
    labels = {seen: _labels(part) for seen, part in parts.items()}
    return {seen: _link(seen, part, names, labels[seen], _shown(seen, labels, names)) for seen, part in parts.items()}


def _about(manifest: Manifest, names: Names) -> Iterator[tuple[Seen, Callable[[_Parts], None]]]:
    """The destinations that an object is about, each with what adds the object to its parts."""
    key, spec = manifest.key, manifest.body.get("spec", {})
    part = (key.namespace, spec)
    match key.kind:
        case "ServiceEntry":
            for host in spec.get("hosts", ()):
                yield names.seen(key.cluster, host), lambda parts: parts.entries.append(part)
        case "DestinationRule":
            yield names.seen(key.cluster, spec.get("host", "")), lambda parts: parts.rules.append(part)
        case "VirtualService":
            for host in spec.get("hosts", ()):
                yield names.seen(key.cluster, host), lambda parts: parts.routes.append(part)
        case "EnvoyFilter":
            for (host, subset), aggregate in aggregates_of(manifest, names).items():
                yield names.seen(key.cluster, host), partial(_aggregated, subset, aggregate)


def _aggregated(subset: str, aggregate: Aggregate, parts: _Parts) -> None:
    parts.aggregates[subset] = aggregate


def _labels(part: _Parts) -> dict[str, Mapping[str, str]]:
    return {subset["name"]: subset.get("labels", {}) for _, rule in part.rules for subset in rule.get("subsets", ())}


def _shown(seen: Seen, labels: Mapping[Seen, Mapping[str, Mapping[str, str]]], names: Names) -> dict[str, str]:
    """A subset as people know it: where the host is federated, by the labels that the pods have at home."""
    here, server = labels[seen], names.server_of(seen)
    there = here
    if server.cluster not in (seen.cluster, seen.destination):
        # Service Mesh Hub's gateways passed requests on to the service's own name
        there = labels.get(server, labels.get(replace(server, gateway=False), {}))
    return {name: labels_text(there[name]) if name in there else f"subset {name} that is not served" for name in here}


def _link(
    seen: Seen, part: _Parts, names: Names, labels: Mapping[str, Mapping[str, str]], shown: Mapping[str, str]
) -> Link:
    priorities = [x for _, rule in part.rules for x in priorities_of(rule)]
    places = [x for namespace, spec in part.entries for x in endpoints_of(namespace, spec, names)]
    whole = _tiers(part.aggregates.get(""), tiers_of(places, priorities, {}))
    subsets = {}
    for name, carried in labels.items():
        tiers = _tiers(part.aggregates.get(name), tiers_of(places, priorities, carried))
        subsets[shown[name]] = DEFINED if tiers == whole else tiers
    settings = [
        *_in_each(dict(entry_settings(namespace, spec)) for namespace, spec in part.entries),
        *(
            pair
            for _, spec in part.entries
            for endpoint in spec.get("endpoints", ())
            for pair in endpoint_settings(endpoint)
        ),
        *(pair for namespace, rule in part.rules for pair in rule_settings(namespace, rule)),
        *(pair for namespace, spec in part.routes for pair in route_settings(namespace, spec)),
        *(part.aggregates[""].settings if "" in part.aggregates else ()),
    ]
    own = {
        shown[subset["name"]]: dict(_subset(subset, part, seen.gateway))
        for _, rule in part.rules
        for subset in rule.get("subsets", ())
    }
    return Link(whole if part.entries else None, subsets, shown, joined(settings), own)


def _tiers(aggregate: Aggregate | None, otherwise: Tiers) -> Tiers:
    return aggregate.members if aggregate else otherwise


def _in_each(entries: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """The settings of the entries of one host, those included that only some of them have."""
    each = list(entries)
    for name in {name: None for entry in each for name in entry}:
        yield from ((name, entry.get(name, "not set")) for entry in each)


def _subset(subset: Spec, part: _Parts, served: bool) -> Iterator[tuple[str, str]]:
    if served:
        yield "name", subset["name"]  # other clusters' connections ask for it
    yield from policy_settings(subset)
    if subset["name"] in part.aggregates:
        yield from part.aggregates[subset["name"]].settings


def setting_changes(before: Link, after: Link) -> tuple[Change, ...]:
    """The settings that differ, those of subsets included that are there on both sides."""
    both = sorted(before.subset_settings.keys() & after.subset_settings.keys())
    inside = [
        Change(f"subset {name} {x.setting}", x.before, x.after)
        for name in both
        for x in changes(before.subset_settings[name], after.subset_settings[name])
    ]
    return (*changes(before.settings, after.settings), *inside)
