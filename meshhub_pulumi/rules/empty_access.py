"""Empty access policies: without rules one allows nobody, and with an empty rule everybody.

For a whole namespace or mesh, allowing nobody is how everything is refused that no other policy allows. For chosen
pods, a policy without rules is more often one whose rules were forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.manifest import Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.walk import at

_CHOSEN = ("selector", "targetRef", "targetRefs")


def _check(manifests: Manifests) -> Iterator[Finding]:
    for manifest in manifests.of("AuthorizationPolicy"):
        spec = at(manifest.body, "spec")
        if isinstance(spec, Mapping) and (message := _empty(spec)):
            yield finding("MH530", message, asker_of(manifest))


def _empty(spec: Mapping[str, Any]) -> str | None:
    action, rules, chosen = spec.get("action", "ALLOW"), spec.get("rules"), [spec.get(name) for name in _CHOSEN]
    if any(map(is_late, [action, rules, *chosen])) or (rules and not isinstance(rules, list | tuple)):
        return None
    match action, rules or (), any(chosen):
        case "ALLOW", (), True:
            return "it has no rules, so that all requests to the pods it selects are refused"
        case "ALLOW", rules, False if {} in rules:
            return "it has an empty rule, so that everybody may call everything in its namespace"
        case "DENY", (), _:
            return "it denies by no rules, so that it refuses nothing"
        case _:
            return None


RULE = ManifestRule(name="empty_access", codes=("MH530",), check=_check)
