"""Texts that are cut off, malformed, or made to hurt their reader: each ends in findings, or in one line."""

from __future__ import annotations

import pytest
from texts import BYTES, CUTS, HOLES, YAML
from whole_mesh import documents, written


def test_the_mesh_itself_is_fine(judged):
    """What hostile inputs are made from has no error and every kind of object."""
    ended = judged(written(documents()))
    # Service Mesh Hub's words: a field in a selector, certificates, and no way to say what slow tries are repeated for
    assert (0, {"MH130", "MH135", "MH136"}) == (ended.code, ended.codes)
    assert {
        "AuthorizationPolicy", "DestinationRule", "Gateway", "PeerAuthentication", "ServiceEntry", "VirtualService",
    } == {manifest["kind"] for manifest in ended.manifests}  # fmt: skip


@pytest.mark.parametrize("name", [*YAML, *BYTES])
def test_text(judged, name):
    """A text ends in what is said of it."""
    text, end = {**YAML, **BYTES}[name]
    ended = judged(text.encode() if isinstance(text, str) else text)
    assert end is None or end in ended.codes, ended
    assert end is not None or ended.code == 0, ended


@pytest.mark.parametrize("name", [*CUTS, *HOLES])
def test_damaged_text(judged, name):
    """Wherever the mesh is cut off or has a hole, it ends as the contract says."""
    judged({**CUTS, **HOLES}[name])


def test_very_many_faults(judged):
    """Of one object's faults the first hundred are told, and how many more there are."""
    findings = judged(YAML["many unknown keys"][0].encode()).findings
    assert 101 == len(findings)
    assert "has 4900 more faults" in {finding["message"] for finding in findings}
