"""Failover and access: whoever may call the first backing must not be refused by the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View

_Access = Mapping[tuple[str, str, str], Manifest]


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    access = {
        (key.namespace, key.name, key.cluster): manifest
        for key, manifest in manifests.items()
        if key.kind == "AuthorizationPolicy"
    }
    for failover in view.failovers.values() if access else ():
        found = [access.get((key.namespace, key.name, key.cluster)) for key in failover.services]
        for index, other in list(enumerate(found))[1:]:
            if _rules(found[0]) != _rules(other):
                key, first = failover.services[index], failover.services[0]
                message = f"{key} is ruled by {_by(other)}, {first} by {_by(found[0])}"
                yield finding("MH605", message, failover.owner.at(f"backing_services[{index}]"))


def _rules(access: Manifest | None) -> frozenset[str] | None:
    """What is allowed, without the ports: they may differ from backing to backing."""
    if access is None:
        return None
    return frozenset(repr(_without_ports(rule)) for rule in access.body["spec"].get("rules", ()))


def _without_ports(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    operations = [
        {name: value for name, value in to["operation"].items() if name != "ports"} for to in rule.get("to", ())
    ]
    sources = [_callers(source["source"]) for source in rule.get("from", ())]
    return {"from": sources, "to": [operation for operation in operations if operation]}


def _callers(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """A source with namespaces as they are written for the default trust domain: `/ns/web/*` for `/ns/web/sa/*`."""
    return {
        name: [f"{text.removesuffix('sa/*')}*" if text.endswith("/sa/*") else text for text in texts]
        for name, texts in source.items()
    }


def _by(access: Manifest | None) -> str:
    if access is None:
        return "no AccessPolicy"
    return ", ".join(sorted({owner.object for owners in access.owners.values() for owner in owners}))


RULE = Rule(name="failover_access", codes=("MH605",), check=_check)
