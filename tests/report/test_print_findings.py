"""Findings for people, for GitHub and for code scanning."""

from __future__ import annotations

import json
import os
from dataclasses import replace

from rich.console import Console

from meshhub_pulumi.report.github import print_github
from meshhub_pulumi.report.json_text import print_findings_json
from meshhub_pulumi.report.sarif import print_sarif
from meshhub_pulumi.report.text import count, print_findings


def test_text(findings):
    """Place, level, code, object, path, message and advice; what a terminal would act on is made visible."""
    assert (
        "dir/a b.yaml:7: error MH105: TrafficPolicy n/a, spec.x: the weights sum to 90, not 100\n"
        "    Make the weights of the traffic shift sum to 100.\n"
        "b.yaml:1: warning MH112: TrafficPolicy n/b: the policy asks, for: 100 %\\nof nothing\n"
        "    Give it something to do, or remove it.\n"
        "note MH132: VirtualService n/c: left \\x1b[31malone\n"
        "    Apply it as before: it is not taken into account yet.\n"
        "1 error, 1 warning, 1 note\n"
    ) == print_findings(findings).plain


def test_colour_is_for_terminals(findings):
    """Colours appear on a terminal and nowhere else."""
    shown, piped = Console(force_terminal=True, color_system="standard"), Console(force_terminal=False)
    with shown.capture() as colourful:
        shown.print(print_findings(findings))
    with piped.capture() as plain:
        piped.print(print_findings(findings))
    assert "\x1b[1;31merror" in colourful.get()
    assert "\x1b" not in plain.get()


def test_counts(findings):
    """Findings are counted by level, in words."""
    assert "no findings" == count([])
    assert "2 errors, 1 warning" == count([findings[0], findings[0], findings[1]])


def test_github(findings):
    """One workflow command per finding, with everything escaped that would end it early, or that a terminal acts on."""
    assert [
        "::error file=dir/a b.yaml,line=7,title=MH105 Weights that do not sum to 100::TrafficPolicy n/a, spec.x: "
        "the weights sum to 90, not 100. Make the weights of the traffic shift sum to 100.",
        "::warning file=b.yaml,line=1,title=MH112 A policy that asks for nothing::TrafficPolicy n/b: "
        "the policy asks, for: 100 %25%0Aof nothing. Give it something to do, or remove it.",
        "::notice title=MH132 Left alone for now::VirtualService n/c: left \\x1b[31malone. "
        "Apply it as before: it is not taken into account yet.",
    ] == print_github(findings).splitlines()


def test_sarif(findings):
    """SARIF 2.1.0 with a rule for every code, and a place for every result that has one."""
    printed = json.loads(print_sarif(findings))
    assert "2.1.0" == printed["version"]
    (run,) = printed["runs"]
    assert ["MH105", "MH112", "MH132"] == [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    first, _, last = run["results"]
    assert ("MH105", 0, "error") == (first["ruleId"], first["ruleIndex"], first["level"])
    assert {
        "logicalLocations": [{"fullyQualifiedName": "TrafficPolicy n/a: spec.x"}],
        "physicalLocation": {"artifactLocation": {"uri": "dir/a%20b.yaml"}, "region": {"startLine": 7}},
    } == first["locations"][0]
    assert [{"logicalLocations": [{"fullyQualifiedName": "VirtualService n/c"}]}] == last["locations"]
    assert [] == json.loads(print_sarif([]))["runs"][0]["results"]


def test_sarif_of_any_file_name(findings):
    """A name that is no text is quoted byte by byte, as in every URI."""
    place = replace(findings[0].where, file=os.fsdecode(b"b\xff.yaml"))
    printed = json.loads(print_sarif([replace(findings[0], where=place)]))
    (location,) = printed["runs"][0]["results"][0]["locations"]
    assert "b%FF.yaml" == location["physicalLocation"]["artifactLocation"]["uri"]


def test_json(findings):
    """The findings of the contract, alone."""
    assert [x.as_json() for x in findings] == json.loads(print_findings_json(findings))["findings"]
