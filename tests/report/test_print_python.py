"""Code that is printed: literals mean what was given, and the layout is ruff's."""

from __future__ import annotations

import ast
import subprocess
import sys
from keyword import kwlist
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import meshhub_pulumi
from meshhub_pulumi.features.header_manipulation import HeaderManipulation
from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.destination import ServiceRef, failover, service, services, subset
from meshhub_pulumi.model.identity import identities, service_account
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.report.python_args import SHORT, expression
from meshhub_pulumi.report.python_code import WIDTH, print_expression, print_flat

HOSTILE = [
    *("", "plain", "it's", 'say "so"', "'\"", '"""', "'''", "\\", "a\\", "\\n", "{x}", "%s", "# comment", "f'{x}'"),
    *("line\nline", "\r\t\0\x1b[31m", "\u202eright to left", "soft\u00adhyphen", "\u2028", "\ud800", "日本", "é😀"),
    *kwlist[:3],
    *("x" * 100, "x" * 1_000, "\n" * 300, "'\"" * 90, "日" * 200, "\\" * 200, 'a"' * 60),
]


def written(value: object) -> str:
    """A value as one argument of a call, in a line of its own."""
    call = ast.Call(ast.Name("print"), [expression(value)], [ast.keyword("end", expression(value))])
    return print_expression(call, indent=0, used=0)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_text_is_the_same_text(text):
    """Whatever a text holds, its literal gives it back, and is printable."""
    assert text == ast.literal_eval(print_flat(ast.Constant(text)))
    (call,) = ast.parse(written(text)).body
    assert [text] * 2 == [ast.literal_eval(x) for x in (call.value.args[0], call.value.keywords[0].value)]
    assert written(text).replace("\n", "").isprintable()


values = st.recursive(
    st.text() | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)


@given(values, st.integers(0, 10))
def test_a_value_is_the_same_value(value, depth):
    """Lists and mappings of anything come back, wherever they stand."""
    code = print_expression(expression(value), indent=4 * depth, used=4 * depth + 20, after=1)
    assert value == ast.literal_eval(code)


def test_lines_are_broken():
    """No line is longer than it may be, if there is a place to break it."""
    code = written([{"header": "x" * 500}, ["y" * 90, "z" * 90], "q" * 119])
    assert WIDTH == max(map(len, code.splitlines()))


def test_the_layout_is_that_of_ruff():
    """Ruff's formatter leaves every hostile text alone, in calls, lists and mappings of any length."""
    values = [*HOSTILE, *([x] for x in HOSTILE), *([x, x] for x in HOSTILE), *({"a": x, x[:9]: [x]} for x in HOSTILE)]
    program = "".join(f"{written(value)}\n" for value in values)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={WIDTH}", "-"]
    done = subprocess.run(command, input=program, capture_output=True, text=True, encoding="utf-8")
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout == program


def models_in(annotation: object) -> set[type]:
    """Every model that an annotation mentions, and every one in those."""
    if isinstance(annotation, type) and issubclass(annotation, MeshModel):
        return {annotation}.union(*(models_in(x.annotation) for x in annotation.model_fields.values()))
    return set().union(*map(models_in, get_args(annotation)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_model_can_be_written(kind):
    """Whatever the arguments of a kind hold, its type is public, or has a short function that is."""
    models = models_in(KINDS[kind].args) - models_in(MeshSnapshot)
    assert {KINDS[kind].args, ServiceRef} <= models
    assert {model.__name__ for model in models - SHORT.keys()} <= set(meshhub_pulumi.__all__)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ('service("a", "b")', service("a", "b")),
        ('service("a", "b", cluster="c", port=80)', service("a", "b", cluster="c", port=80)),
        ('subset(service("a", "b"), version="v1")', subset(service("a", "b"), version="v1")),
        ('subset(service("a", "b"), {"class": "x"})', subset(service("a", "b"), {"class": "x"})),
        ('subset(service("a", "b"), {"a/b": "x", "c": ""})', subset(service("a", "b"), {"c": "", "a/b": "x"})),
        ("services()", services()),
        ('services(labels={"a": "b"}, clusters=["c"])', services(labels={"a": "b"}, clusters=["c"])),
        ('failover("a", "b", subset={"v": "1"})', failover("a", "b", subset={"v": "1"})),
        ('service_account("a", "b")', service_account("a", "b")),
        ('identities(namespaces=["a"])', identities(namespaces=["a"])),
        (
            'HeaderManipulation(append_request_headers={"x-a": "\'\\\\"})',
            HeaderManipulation(append_request_headers={"X-A": "'\\"}, remove_request_headers=[]),
        ),
    ],
)
def test_models_are_written_as_people_write_them(code, value):
    """References use the short functions, and only what was given stands there."""
    assert code == print_flat(expression(value))
