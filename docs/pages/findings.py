"""The page of the findings: every code of the catalogue, and the golden case that shows it best."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from meshhub_pulumi.model.finding import catalogue

_CASES = Path(__file__).parents[2] / "tests" / "cases"
_CODE = re.compile(r"MH\d{3}")
_GROUPS = {
    "MH1": "Specs",
    "MH2": "Conflicts",
    "MH3": "Dialects and versions",
    "MH4": "Manifests",
    "MH5": "Security",
    "MH6": "Resilience",
}


def page() -> str:
    """docs/findings.md."""
    found = {
        path.parent.relative_to(_CASES).as_posix(): _CODE.findall(path.read_text(encoding="utf-8"))
        for path in _CASES.glob("*/*/findings.txt")
    }
    sections = [
        "\n".join([f"## {group}xx: {_GROUPS[group]}", "", _HEADER, *(_row(code, found) for code in codes), ""])
        for group, codes in groupby(catalogue(), key=lambda code: code[:3])
    ]
    return _HEAD + "\n".join(sections)


def _row(code: str, found: dict[str, list[str]]) -> str:
    entry = catalogue()[code]
    # the case with the fewest findings says the least about anything else
    case = min((name for name, codes in found.items() if code in codes), key=lambda x: (len(found[x]), x), default="")
    shown = f"[{case}](../tests/cases/{case}/mesh.yaml)" if case else ""
    return f"| {code} | {entry.level} | {entry.title} | {entry.advice} | {shown} |"


_HEADER = "| code | level | what it means | what to do | shown in |\n| --- | --- | --- | --- | --- |"
_HEAD = """\
# Findings

Every problem that the library reports has a code. Codes are stable: one that is retired is never used again.
An error stops the output from being used; a warning and a note do not.

"""
