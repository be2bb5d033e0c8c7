"""Whatever a document says, reading it ends in specs and findings, and each finding has a place."""

from __future__ import annotations

import contextlib
import copy

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whole_mesh import documents, fields, written

from meshhub_pulumi.readers.error import InputError

odd = st.sampled_from([None, True, 0, -1, 1.5, "", "x", "-", [], {}, [[]], [None], {"x": None}, {"name": 1}, "ü" * 300])


SPOTS = [(number, steps) for number, steps in fields() if steps[0] not in ("apiVersion", "kind")]


@given(st.lists(st.tuples(st.sampled_from(SPOTS), odd), min_size=1, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_whatever_a_field_holds(reading, changes):
    """Fields may hold anything: it ends in a finding with a line, or it is fine."""
    changed = documents()
    for (index, place), value in changes:
        holder = changed[index]
        for step in place[:-1]:
            try:
                holder = holder[step]
            except (KeyError, IndexError, TypeError):
                break
        else:
            with contextlib.suppress(TypeError, IndexError):
                holder[place[-1]] = copy.deepcopy(value)
    loaded = reading(written(changed).decode(), None)
    for finding in loaded.findings:
        assert finding.where.file == "mesh.yaml"
        assert finding.where.line
    for spec in loaded.specs:
        assert spec.owner.at("anything[3].below").where().line


@given(st.recursive(st.none() | st.text(max_size=5), lambda x: st.lists(x) | st.dictionaries(st.text(max_size=5), x)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_document_is(reading, value):
    """A document of anything is refused in one line."""
    with pytest.raises(InputError):
        reading(yaml.safe_dump(value), None)
