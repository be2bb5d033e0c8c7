"""Documents: what a text holds, where its parts stand, and what is refused in bounded time."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from meshhub_pulumi.readers.build import Repeated
from meshhub_pulumi.readers.document import Document, read_documents
from meshhub_pulumi.readers.error import InputError
from meshhub_pulumi.readers.lines import steps_of
from meshhub_pulumi.readers.source import Source


def documents(text: str) -> list[Document]:
    """The documents of a text."""
    return read_documents(Source("x.yaml", text))


def refusal(text: str) -> str:
    """The one line that a text is refused with."""
    with pytest.raises(InputError) as caught:
        documents(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz-/.", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(st.dictionaries(st.text("abcxyz", min_size=1), plain, min_size=1), max_size=3))
def test_reads_what_the_library_wrote(values: list[object]) -> None:
    """A stream that PyYAML wrote is read as what it was written from."""
    text = yaml.dump_all(values, Dumper=yaml.CSafeDumper, allow_unicode=True)
    assert values == [document.value for document in documents(text)]


def test_scalars() -> None:
    """Scalars are what YAML 1.1 says, but keys are text as it is written, and so are times, as to Kubernetes."""
    text = "a: 1\nb: 1.5\nc: yes\nd: ~\ne: 0x10\nf: '1'\ng: !!str 2\nh: 2020-01-01\non: x\n1: y\nnull: z\n"
    assert {
        "a": 1, "b": 1.5, "c": True, "d": None, "e": 16, "f": "1", "g": "2", "h": "2020-01-01",
        "on": "x", "1": "y", "null": "z",
    } == documents(text)[0].value  # fmt: skip


def test_merge_keys_and_aliases() -> None:
    """Aliases stand for their anchors, and merged fields give way to those written out."""
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [*a, {z: 1}]}\nd: *a\n"
    value = documents(text)[0].value
    assert {"y": 3, "x": 1} == value["b"]
    assert {"x": 1, "y": 2, "z": 1} == value["c"]
    assert {"x": 1, "y": 2} == value["d"]
    assert () == documents(text)[0].repeated
    assert (Repeated("a.<<", 1),) == documents("a: {<<: {x: 1}, <<: {x: 2}}")[0].repeated


def test_lines_of_documents_and_paths() -> None:
    """A document knows the line it starts on, and the line of every path in it or of its nearest ancestor."""
    text = "# c\nä: üü\n---\n# c\n\nx:\n  - y: 1\n    z:\n     'a.b/c': 1\n--- {q:\n {r: 1}}\n---\n  i: 1\n  j: 2\n"
    first, second, third, fourth = documents(text)
    assert [2, 6, 10, 13] == [document.line for document in (first, second, third, fourth)]
    assert 9 == second.line_of('x[0].z["a.b/c"]')
    assert 8 == second.line_of("x[0].z.nothing.there")
    assert 6 == second.line_of("x[7]")
    assert 11 == third.line_of("q.r")
    assert 14 == fourth.line_of("j")
    assert 6 == second.line_of("")


def test_items_of_a_list() -> None:
    """The items of a List are documents of their own, with lines and repeated keys of their own."""
    text = "kind: List\nitems:\n- a: 1\n- b: 2\n  c: {d: 1, d: 2}\n"
    first, second = documents(text)[0].objects()
    assert [{"a": 1}, {"b": 2, "c": {"d": 2}}] == [first.value, second.value]
    assert (3, 4, 5) == (first.line_of(""), second.line_of(""), second.line_of("c.d"))
    assert ((), (Repeated("c.d", 5),)) == (first.repeated, second.repeated)


def test_lists_that_are_written_oddly() -> None:
    """A list of objects that is an alias, or given twice, is read too."""
    (document,) = documents("x: &x [{a: 1}]\nkind: List\nitems: *x\n")
    assert [({"a": 1}, 1)] == [(item.value, item.line_of("")) for item in document.objects()]
    (document,) = documents("kind: List\nitems:\n- a: 1\n- b: 2\nitems:\n- c: 3\n")
    assert [({"c": 3}, 6)] == [(item.value, item.line_of("")) for item in document.objects()]
    assert (Repeated("items", 6),) == next(document.objects()).repeated
    (document,) = documents("kind: List\nitems: [{a: 1}]\nitems: []\n")
    assert [document] == list(document.objects())


def test_repeated_keys() -> None:
    """A key given twice is told with its path and line; the later value counts, as in every YAML library."""
    (document,) = documents("a: 1\nb:\n- {x: 1}\n- c: 1\n  c: [1]\na: 2\n")
    assert (Repeated("b[1].c", 5), Repeated("a", 6)) == document.repeated
    assert {"a": 2, "b": [{"x": 1}, {"c": [1]}]} == document.value


def test_steps_of_paths() -> None:
    """A path falls into the keys and positions that it is made of."""
    assert ("spec", "a", 1, "app.kubernetes.io/name", 0) == steps_of('spec.a[1]["app.kubernetes.io/name"][0]')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c", "x.yaml:1: is not YAML: mapping values are not allowed in this context; correct it"),
        ("a: 1\nb: [1\n", "x.yaml:3: is not YAML: did not find expected ',' or ']'; correct it"),
        ("a:\n\t- b", "x.yaml:2: is not YAML: found character that cannot start any token; correct it"),
        ("a: 1\nb: \x07", "x.yaml:2: is not YAML: control characters are not allowed; correct it"),
        ("a: 1\nb: *c", "x.yaml:2: the alias *c refers to nothing before it; define its anchor"),
        ("a: &a [*a]", "x.yaml:1: the alias *a refers to nothing before it; define its anchor"),
        (
            "a: !!timestamp 2020-13-45",
            "x.yaml:1: '2020-13-45' cannot be read: month must be in 1..12; write it in quotes",
        ),
        ("? [a]\n: b", "x.yaml:1: a key is a mapping or a list; write a text as the key"),
        ("a: &a {b: 1}\n*a : 1", "x.yaml:2: a key is an alias of something else than text; write a text as the key"),
        ("a: {<<: 1}", "x.yaml:1: `<<` merges something else than mappings; write the fields out"),
        ("a: !!set {b}", "x.yaml:1: the tag tag:yaml.org,2002:set is not known; remove it"),
    ],
)
def test_refusals(text: str, message: str) -> None:
    """What is not YAML, or has no meaning here, is refused in one line with its place."""
    assert message == refusal(text)


@pytest.mark.parametrize("text", ["!foo a", "!!python/object/apply:os.system ['true']", "a: " + "9" * 5_000])
def test_odd_scalars_are_refused(text: str) -> None:
    """Tags of applications and numbers without end are refused."""
    assert refusal(text).startswith("x.yaml:1: ")


@pytest.mark.parametrize(
    "text", ["[" * 300_000, "- " * 300_000 + "a", "{a: " * 100_000, "\n".join(" " * i + "a:" for i in range(300))]
)
def test_deep_nesting_is_refused(text: str) -> None:
    """However deep a text is nested, it is refused at a bounded depth."""
    assert "is nested deeper than 100 levels; flatten it" in refusal(text)


def test_alias_bombs_are_refused() -> None:
    """Aliases that multiply are refused before anything walks them."""
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12))]
    assert refusal("\n".join(lines)).endswith("the aliases expand without bound; write less with aliases")
    merged = ["a0: &a0 {x: 1}", *(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 12))]
    assert refusal("\n".join(merged)).endswith("the aliases expand without bound; write less with aliases")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text leads to anything but documents or a refusal."""
    try:
        for document in documents(text):
            document.line_of("a[0].b")
    except InputError:
        pass
