"""Actions: what happens to the requests of a route, as shares of targets and settings, written in one way only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from meshhub_pulumi.report.compare.effect import Seen
from meshhub_pulumi.report.compare.hosts import Link
from meshhub_pulumi.report.compare.leaves import joined, leaves_of, text_of, without
from meshhub_pulumi.report.compare.names import Names

Part = tuple[str, tuple[tuple[str, str], ...]]
"""A target, and what is done to those requests alone that a route sends there by one of its entries."""


@dataclass(frozen=True, slots=True)
class Action:
    """The parts of the requests by where they go, and what else is done to all of them."""

    shares: Mapping[Part, Fraction]
    settings: Mapping[str, str]

    @property
    def mixed(self) -> set[str]:
        """The targets to which not all requests go with the same settings."""
        counts = Counter(target for target, _ in self.shares)
        return {target for target, count in counts.items() if count > 1}

    def told(self, mixed: Set[str]) -> tuple[dict[str, Fraction], dict[str, str]]:
        """Shares and settings in words; where the settings of a target are mixed, they are a part of its name."""
        shares, settings = {}, dict(self.settings)
        for (target, own), share in self.shares.items():
            if own and target in mixed:
                shares[f"{target} with {_listed(own)}"] = share
            else:
                shares[target] = share
                settings |= {f"{path} to {target}": text for path, text in own}
        return shares, settings


def _listed(settings: Iterable[tuple[str, str]]) -> str:
    """In quotes, so that no value reads as two settings."""
    return ", ".join(f"{path} {json.dumps(text, ensure_ascii=False)}" for path, text in settings)


NO_ROUTE = "404: no route takes them"


def itself(destination: str) -> Action:
    """What happens where no route says anything."""
    return Action({(destination, ()): Fraction(1)}, {})


REFUSED = itself(NO_ROUTE)


@dataclass(frozen=True, slots=True)
class Targets:
    """How one side's routes spell targets."""

    names: Names
    links: Mapping[Seen, Link]

    def action(self, route: Mapping[str, Any], cluster: str, port: int | None) -> Action:
        """What a route does to requests for a port."""
        shares: dict[Part, Fraction] = {}
        for part, weight in self._weights(route, cluster, port):
            if weight:
                shares[part] = shares.get(part, Fraction(0)) + weight
        return Action(dict(sorted(shares.items())), joined(self._settings(route, cluster, port)))

    def _weights(self, route: Mapping[str, Any], cluster: str, port: int | None) -> Iterator[tuple[Part, Fraction]]:
        entries = route.get("route", ())
        whole = sum(x.get("weight", 0) for x in entries)
        for entry in entries:
            part = Fraction(entry.get("weight", 0), whole) if whole else Fraction(1, len(entries))
            own = tuple(sorted(leaves_of(without(entry, "destination", "weight"))))
            yield (self._target(entry.get("destination", {}), cluster, port), own), part

    def _target(self, destination: Mapping[str, Any], cluster: str, port: int | None) -> str:
        seen = self.names.seen(cluster, str(destination.get("host", "")))
        text = seen.destination
        if name := destination.get("subset"):
            link = self.links.get(seen)
            text += f" {link.named[name]}" if link and name in link.named else f" subset {name} that is not defined"
        number = destination.get("port", {}).get("number", port)
        ports = self.names.ports.get(seen.destination, ())
        only = ports[0] if len(ports) == 1 else None
        return text if number in (None, port, only) else f"{text} port {number}"

    def _settings(self, route: Mapping[str, Any], cluster: str, port: int | None) -> Iterator[tuple[str, str]]:
        for mirror in self._mirrors(route):
            percentage = mirror.get("percentage", {}).get("value", 100)
            if percentage:
                to = self._target(mirror.get("destination", {}), cluster, port)
                yield f"copies to {to}", f"{text_of(percentage)}%"
        told = ("match", "name", "route", "mirror", "mirrorPercentage", "mirrors")
        for path, text in leaves_of(without(route, *told)):
            if (path, text) not in _DEFAULTS:
                yield path, text

    def _mirrors(self, route: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield from route.get("mirrors", ())
        if "mirror" in route:
            yield {"destination": route["mirror"], "percentage": route.get("mirrorPercentage", {})}


_DEFAULTS = (("timeout", "0ms"), ("timeout", "0s"))
"""What is said of a route that changes nothing."""
