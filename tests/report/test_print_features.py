"""The table of features is derived from what kinds carry and renderers render."""

from __future__ import annotations

import json

from meshhub_pulumi.report.features import DERIVED, print_features_json, print_markdown, print_table, support
from meshhub_pulumi.standard import CATALOGUE, DIALECTS

TABLE = tuple(DIALECTS.values())
ROWS = support(CATALOGUE.kinds.values(), CATALOGUE.features, TABLE)


def test_every_feature_has_a_row():
    """No feature is missing, whether a kind carries it or others make it necessary."""
    assert CATALOGUE.features.keys() == {row.feature for row in ROWS}
    assert {kind.name for kind in CATALOGUE.kinds.values()} | {DERIVED} == {row.kind for row in ROWS}


def test_support_is_derived_from_the_renderers():
    """A dialect expresses a feature at those of its hooks that the feature renders."""
    rows = {(row.kind, row.feature): row for row in ROWS}
    strict = ("istio.peer_authentication",)
    assert {"istio": strict, "gateway-api": strict, "smh-0.8": ()} == dict(rows["VirtualMesh", "strict_mtls"].hooks)
    assert ("istio.http_route",) == rows["TrafficPolicy", "timeout"].hooks["istio"]
    faults = {"istio": ("istio.http_route",), "gateway-api": (), "smh-0.8": ("smh-0.8.http_route",)}
    assert faults == dict(rows["TrafficPolicy", "fault_injection"].hooks)


def test_every_form_has_every_row():
    """Table, markdown and JSON hold the same rows."""
    assert len(ROWS) == print_table(ROWS, TABLE).row_count
    assert len(ROWS) == len(print_markdown(ROWS, TABLE).splitlines()) - 2
    assert len(ROWS) == len(json.loads(print_features_json(ROWS, TABLE))["features"])
    hook = "`istio.peer_authentication`"
    assert f"| VirtualMesh | Strict mTLS | {hook} | {hook} | no |" in print_markdown(ROWS, TABLE)
