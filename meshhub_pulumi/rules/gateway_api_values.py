"""Values: what the definition of HTTPRoute refuses, reads otherwise than it was meant, or has on trial only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.units import milliseconds
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import owner_of

_MOST_RULES = 16
_MOST_PARTS = 16
_PATH = re.compile(r"(?!.*(//|/\.{1,2}/|%2[fF]))(?!.*/\.{1,2}$)/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,256}")
_LONGEST = {"path": 1_024, "headers": 4_096, "queryParams": 1_024}


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    for key, manifest in manifests.items():
        if key.kind != "HTTPRoute":
            continue
        rules = manifest.body["spec"]["rules"]
        if len(rules) > _MOST_RULES:
            message = f"{len(rules)} routes for one port of {key.namespace}/{key.name}, which may have {_MOST_RULES}"
            yield finding("MH312", message, owner_of(manifest, view))
        for index, rule in enumerate(rules):
            path = f"spec.rules[{index}]"
            for field, message in _refused(rule):
                yield finding("MH312", message, owner_of(manifest, view, f"{path}.{field}"))
            for match in rule.get("matches", ()):
                asked = owner_of(manifest, view, path).at("matches")
                for message in _refused_condition(match):
                    yield finding("MH312", message, asked)
                said = match.get("path", {})
                if said.get("type") == "PathPrefix" and said["value"] != "/":
                    within = said["value"].rstrip("/")
                    other = f"fits {within} too" if said["value"] != within else f"does not fit {within}-more"
                    yield finding("MH310", f"the prefix {said['value']} {other}", asked)
            if "retry" in rule:
                message = f"{key.cluster} needs it for retries"
                yield finding("MH313", message, owner_of(manifest, view, f"{path}.retry"))


def _refused(rule: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The field of a rule that is refused, and why."""
    if len(rule["backendRefs"]) > _MOST_PARTS:
        yield "backendRefs", f"{len(rule['backendRefs'])} destinations, of which there may be {_MOST_PARTS}"
    for place, holder in ("", rule), *((f"backendRefs[{index}].", x) for index, x in enumerate(rule["backendRefs"])):
        for index, filtered in enumerate(holder.get("filters", ())):
            changes = filtered.get("requestHeaderModifier", filtered.get("responseHeaderModifier", {}))
            for message in _refused_changes(changes):
                yield f"{place}filters[{index}]", message
    times = rule.get("timeouts", {})
    one_try, whole = times.get("backendRequest"), times.get("request")
    if one_try and whole and milliseconds(one_try) > milliseconds(whole):
        yield "timeouts.backendRequest", f"one try may take {one_try}, the whole request only {whole}"


def _refused_changes(changes: Mapping[str, Any]) -> Iterator[str]:
    for name in ("add", "remove"):
        if len(changes.get(name, ())) > _MOST_PARTS:
            yield f"{len(changes[name])} headers to {name}, of which there may be {_MOST_PARTS}"
    for added in changes.get("add", ()):
        if not 0 < len(added["value"]) <= _LONGEST["headers"]:
            message = f"a header's value has 1 to {_LONGEST['headers']} characters, not {len(added['value'])}"
            yield f"{added['name']}: {message}"


def _refused_condition(match: Mapping[str, Any]) -> Iterator[str]:
    path = match.get("path", {"type": "PathPrefix", "value": "/"})
    if path["type"] != "RegularExpression" and not _PATH.fullmatch(path["value"]):
        yield f"the path {path['value'][:80]} is none: it begins with / and has no //, /./, /../, #, ? or spaces"
    for name in ("headers", "queryParams"):
        parts = match.get(name, ())
        if len(parts) > _MOST_PARTS:
            yield f"{len(parts)} {name}, of which there may be {_MOST_PARTS}"
        for part in parts:
            if not _NAME.fullmatch(part["name"]):
                yield f"{part['name'][:80]} is not a name that {name} may have"
    texts = [("path", path), *((name, part) for name in ("headers", "queryParams") for part in match.get(name, ()))]
    for name, said in texts:
        if len(said["value"]) > _LONGEST[name]:
            yield f"{len(said['value'])} characters in {name}, of which there may be {_LONGEST[name]}"


RULE = Rule(name="gateway_api_values", codes=("MH310", "MH312", "MH313"), check=_check)
