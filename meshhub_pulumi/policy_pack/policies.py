"""Policies: every code becomes a policy of its name, whose level and exemptions Pulumi's configuration can change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from meshhub_pulumi.model.finding import Level, Where, catalogue, finding
from meshhub_pulumi.model.manifest import Conventions
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.policy_pack.stack import MESH, is_judged, read
from meshhub_pulumi.policy_pack.values import plain, unknown_paths
from meshhub_pulumi.rules import MANIFEST_RULES

_NOT_KNOWN = "MH423"
_LEVELS = {
    Level.ERROR: (EnforcementLevel.MANDATORY, Severity.HIGH),
    Level.WARNING: (EnforcementLevel.ADVISORY, Severity.MEDIUM),
    Level.NOTE: (EnforcementLevel.ADVISORY, Severity.LOW),
}
_CONFIG: dict[str, dict[str, Any]] = {
    "exempt": {
        "type": "object",
        "description": "Objects that are not judged, such as VirtualService default/reviews, each with the reason.",
        "additionalProperties": {"type": "string", "minLength": 1},
    },
    "clusterDomain": {"type": "string", "description": "The cluster domain that short host names end in."},
    "rootNamespace": {"type": "string", "description": "The root namespace of Istio."},
}
_CODES: dict[str, dict[str, Any]] = {
    "codes": {"type": "array", "items": {"type": "string"}, "description": "The codes that are told; else all."}
}


def policies() -> list[Policy]:
    """All policies of the pack. They share the inputs that the engine shows of each resource before the stack."""
    seen: dict[str, Any] = {}
    judged = {code: rule for rule in MANIFEST_RULES for code in rule.codes}
    # one for each code that a program's own warnings may have would cost the engine's view of the stack each time
    return [_not_known(seen), *(_by_rule(code, judged[code], seen) for code in sorted(judged)), _by_mesh(judged.keys())]


def _not_known(seen: dict[str, Any]) -> Policy:
    """Notes the inputs of every object that can be judged, and tells what of them cannot be judged yet."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if is_judged(args.resource_type):
            seen[args.urn] = plain(args.props)
            if paths := list(unknown_paths(seen[args.urn])):
                where = Where(f"{args.resource_type.rpartition(':')[2]} {args.name}")
                message = f"no rule can judge {' and '.join(paths)} yet"
                report(finding(_NOT_KNOWN, message, where).sentence(), None)

    return ResourceValidationPolicy(**_described(_NOT_KNOWN), validate=validate)


def _by_rule(code: str, rule: ManifestRule, seen: Mapping[str, Any]) -> Policy:
    def told(args: StackValidationArgs) -> Iterator[Told]:
        config = args.get_config()
        usual = Conventions()
        stack = read(
            args.resources,
            seen,
            Conventions(
                config.get("clusterDomain", usual.cluster_domain), config.get("rootNamespace", usual.root_namespace)
            ),
        )
        exempt = config.get("exempt", {})
        for found in rule.check(stack.manifests):
            title = found.where.object
            if found.code == code and title not in exempt and title.rpartition(" in ")[0] not in exempt:
                yield stack.told(found), stack.urns.get(title)

    return StackValidationPolicy(
        **_described(code), validate=_reporting(told), config_schema=PolicyConfigSchema(_CONFIG)
    )


def _by_mesh(judged: Set[str]) -> Policy:
    """What only the description of a mesh shows, and its component says."""

    def told(args: StackValidationArgs) -> Iterator[Told]:
        for resource in args.resources:
            if resource.resource_type == MESH:
                warnings = plain(resource.props).get("warnings")
                for sentence in map(str, warnings if isinstance(warnings, list) else ()):
                    code = sentence.partition(" ")[0]
                    if code not in judged and code in args.get_config().get("codes", [code]):
                        yield sentence, resource.urn

    return StackValidationPolicy(
        "mesh-warnings",
        "A warning of a VirtualMesh",
        validate=_reporting(told),
        enforcement_level=EnforcementLevel.ADVISORY,
        config_schema=PolicyConfigSchema(_CODES),
        severity=Severity.MEDIUM,
    )


Told = tuple[str, str | None]
"""A sentence, and the URN of the resource that it is about."""


def _reporting(
    told: Callable[[StackValidationArgs], Iterator[Told]],
) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for sentence, urn in sorted(set(told(args))):
            report(sentence, urn)

    return validate


def _described(code: str) -> dict[str, Any]:
    entry = catalogue()[code]
    level, severity = _LEVELS[entry.level]
    return {
        "name": code,
        "description": entry.title,
        "enforcement_level": level,
        "display_name": entry.title,
        "severity": severity,
        "remediation_steps": entry.advice,
    }
