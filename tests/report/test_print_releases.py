"""The table of releases says what the rule finds: the two read the same rows."""

from __future__ import annotations

import json

import pytest
from make import cluster, compiled, snapshot, traffic

from meshhub_pulumi.dialects.istio.releases import RELEASES
from meshhub_pulumi.model.release import Release, release_of
from meshhub_pulumi.report.releases import REST, print_release_tables, print_releases_markdown, releases_json
from meshhub_pulumi.standard import DIALECTS

TABLE = tuple(DIALECTS.values())
WRITTEN = {
    "Outlier detection with a `min_health_percent` of 0": traffic("a", outlierDetection={"minHealthPercent": 0}),
}
"""For each row a spec that it is about."""


def test_every_row_has_a_spec_and_a_source():
    """No row is without something that is really written, nor without the change that it goes back to."""
    assert WRITTEN.keys() == {x.title for x in RELEASES.differences}
    assert all(x.source.startswith(("istio/istio#", "istio/api#")) for x in RELEASES.differences)


@pytest.mark.parametrize("title", WRITTEN)
@pytest.mark.parametrize("release", RELEASES.supported, ids=str)
def test_what_the_table_says_is_found(title, release):
    """What differs in a release is found in a cluster that runs it, and only there."""
    head, _, *rows = print_releases_markdown(TABLE).split("\n\n")[0].splitlines()
    columns = [cell.strip() for cell in head.strip("|").split("|")]
    (row,) = [x for x in rows if title in x]
    said = [cell.strip() for cell in row.strip("|").split("|")][columns.index(str(release))]
    found = compiled(WRITTEN[title], seen=snapshot(east=cluster("east", istioVersion=f"{release}.1"))).findings
    assert ("differs" == said) == ("MH320" in {x.code for x in found})


def test_every_form_has_every_row():
    """Table, markdown and JSON hold the same rows; a dialect that knows no releases has none."""
    assert [len(RELEASES.differences) + 1, len(RELEASES.differences)] == [
        table.row_count for table in print_release_tables(TABLE)
    ]
    assert f"| {REST} | alike | alike | alike | alike |" in print_releases_markdown(TABLE)
    told = json.loads(json.dumps(releases_json(TABLE)))
    assert {"istio", "gateway-api"} == told.keys()
    assert ["1.28", "1.29", "1.30", "1.31"] == told["istio"]["supported"]
    assert len(RELEASES.differences) == len(told["istio"]["differences"])


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("1.30", Release(1, 30)),
        ("v1.31.0-rc.0", Release(1, 31)),
        ("1.8.2-distroless", Release(1, 8)),
        ("1.30-alpha.7f3a", Release(1, 30)),
        ("1.30+build", Release(1, 30)),
        ("1", None),
        ("1.x", None),
        ("1.30\n", None),
        ("1.300000000", None),
        ("1.\N{FULLWIDTH DIGIT THREE}0", None),
        ("master", None),
    ],
)
def test_versions(version, release):
    """A version is of the release that its first two numbers say; what has none is of no release."""
    assert release == release_of(version)
