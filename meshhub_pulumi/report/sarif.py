"""SARIF 2.1.0: findings for code scanning, with the catalogue's entry of every code that occurs."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from meshhub_pulumi.model.finding import CodeEntry, Finding, catalogue
from meshhub_pulumi.version import __version__

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def print_sarif(findings: Sequence[Finding]) -> str:
    """One run of this tool with a result for every finding."""
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "meshhub",
        "version": __version__,
        "rules": [_rule(code, catalogue()[code]) for code in codes],
    }
    results = [_result(finding, codes.index(finding.code)) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, entry: CodeEntry) -> dict[str, Any]:
    return {
        "id": code,
        "shortDescription": {"text": entry.title},
        "help": {"text": entry.advice},
        "defaultConfiguration": {"level": str(entry.level)},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    where = finding.where
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": f"{where.object}: {where.path}" if where.path else where.object}]
    }
    if where.file is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(where.file)}}
        if where.line:
            physical["region"] = {"startLine": where.line}
        location["physicalLocation"] = physical
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": str(finding.level),
        "message": {"text": f"{finding.message}. {finding.advice}"},
        "locations": [location],
    }


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
