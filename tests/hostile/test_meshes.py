"""Meshes that refer in circles: nothing runs in circles with them."""

from __future__ import annotations

import pytest
from circular import MESHES
from whole_mesh import documents, written


@pytest.mark.parametrize("name", MESHES)
def test_mesh(judged, name):
    """A mesh that refers oddly ends in what is said of it."""
    change, end = MESHES[name]
    values = documents()
    change(values)
    ended = judged(written(values))
    assert end is None or end in ended.codes, ended.findings
