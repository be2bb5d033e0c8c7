"""Manifests as YAML, as JSON and as files."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from meshhub_pulumi.model.late import Derived, Late
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.units import FrozenLabels
from meshhub_pulumi.report.json_text import print_json
from meshhub_pulumi.report.tree import paths_of, print_tree
from meshhub_pulumi.report.yaml_text import print_manifest, print_yaml

LATE = Late(object(), TypeAdapter(str), "clusters[0].gateway.address")


def test_yaml_keeps_the_order_and_repeats_no_anchor():
    """Keys stay as they were built, and a value used twice is written twice."""
    shared = {"b": 1, "a": "x"}
    assert "z:\n  b: 1\n  a: x\nc:\n- b: 1\n  a: x\n" == print_manifest({"z": shared, "c": [shared]})


def test_yaml_says_what_is_late():
    """What only the deployment knows is written as the path that it comes from."""
    body = {"a": LATE, "b": Derived(str, (LATE, 1)), "c": FrozenLabels(x="v")}
    text = "a: '<late: clusters[0].gateway.address>'\nb: '<late: clusters[0].gateway.address>'\nc:\n  x: v\n"
    assert text == print_manifest(body)


AMBIGUOUS = ["1e3", "12e4567", "0o17", "y", "N", "yes", "1.5", "null", "1:30", "2020-01-01", ""]
NUMBERS_TO_KUBERNETES = ["08", "090", "-.5", "1.5e3", "1.E3", "0X1F", "0O17", "-0o17", "0B1", "1_0"]


@pytest.mark.parametrize("text", [*AMBIGUOUS, *NUMBERS_TO_KUBERNETES])
def test_yaml_quotes_what_others_read_otherwise(text):
    """Text that some reader of YAML takes for a number or a truth value is quoted."""
    assert f"a: '{text}'\n" == print_manifest({"a": text})


@given(st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.booleans() | st.lists(st.text())))
def test_yaml_can_be_read_again(body):
    """What is printed is read as the same."""
    assert body == yaml.safe_load(print_manifest(body))


def test_the_stream_is_sorted_and_names_clusters(manifests):
    """One document per manifest, in order of the keys, each with a comment that names its cluster."""
    text = print_yaml(manifests(("k3", "A", "n", "x"), ("k2", "B", "n", "x"), ("k2", "A", "n", "x")))
    documents = [("k2", "A"), ("k2", "B"), ("k3", "A")]
    assert "".join(f"---\n# cluster: {c}\nkind: {k}\nspec: {{}}\n" for c, k in documents) == text


def test_json_is_the_contract(manifests, findings):
    """Clusters with their manifests in order, and findings with every field."""
    printed = json.loads(print_json(manifests(("k3", "A", "n", "x"), ("k2", "A", "n", "x")), findings))
    body = {"kind": "A", "spec": {}}
    assert {"k2": [body], "k3": [body]} == printed["clusters"]
    assert {
        "code": "MH105",
        "level": "error",
        "message": "the weights sum to 90, not 100",
        "where": {"object": "TrafficPolicy n/a", "path": "spec.x", "file": "dir/a b.yaml", "line": 7},
        "advice": "Make the weights of the traffic shift sum to 100.",
    } == printed["findings"][0]
    assert {"object": "VirtualService n/c", "path": "", "file": None, "line": None} == printed["findings"][2]["where"]
    assert ["clusters", "findings"] == list(printed)


def test_json_says_what_is_late(manifests):
    """What only the deployment knows is text in JSON too; anything else that JSON lacks is our fault."""
    printed = json.loads(print_json(manifests(("k", "A", "n", "x"), body={"a": [LATE]}), []))
    assert {"k": [{"a": ["<late: clusters[0].gateway.address>"]}]} == printed["clusters"]
    with pytest.raises(TypeError, match="a manifest cannot hold a object"):
        print_json(manifests(("k", "A", "n", "x"), body={"a": object()}), [])


def test_files_are_named_after_their_manifests(manifests):
    """`<cluster>/<kind>-<namespace>-<name>.yaml`, the kind in lower case."""
    tree = print_tree(manifests(("k2", "VirtualService", "default", "reviews.default.svc.k3.global")))
    assert {"k2/virtualservice-default-reviews.default.svc.k3.global.yaml": b"kind: VirtualService\nspec: {}\n"} == tree


def test_files_are_never_shared(manifests):
    """Keys whose names would be one file, even if case does not count, get a digest of the key each."""
    keys = manifests(("k", "A", "a", "b-c"), ("k", "A", "a-b", "c"), ("k", "A", "x", "Y"), ("k", "a", "x", "y"))
    paths = list(paths_of(keys).values())
    assert 4 == len({path.casefold() for path in paths})
    assert all(path.startswith(("k/a-a-b-c-", "k/a-x-Y-", "k/a-x-y-")) for path in paths)


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300)


@given(st.lists(st.tuples(names, names, names, names, names), max_size=6))
def test_files_never_lead_elsewhere(parts):
    """Whatever names hold, every key has a file of its own that is safe and inside its cluster's folder."""
    keys = {key: Manifest(key, {}) for key in (ManifestKey(*part) for part in parts)}
    paths = paths_of(keys)
    assert len(keys) == len({path.casefold() for path in paths.values()})
    for path in paths.values():
        folder, name = path.split("/")
        assert folder not in (".", "..", "")
        assert not name.startswith(".")
        assert max(len(folder), len(name)) <= 255
        assert path.isascii()
