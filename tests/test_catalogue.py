"""Completeness: every code, feature, kind and rule is registered, described, used and exercised."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, get_args

import pytest

import meshhub_pulumi
from meshhub_pulumi import features, kinds, rules
from meshhub_pulumi.features import FEATURES
from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.kinds.virtual_mesh import VirtualMeshArgs
from meshhub_pulumi.model.finding import catalogue
from meshhub_pulumi.model.plugin import Feature, Kind, ManifestRule, Rule
from meshhub_pulumi.model.topology import Cluster
from meshhub_pulumi.rules import MANIFEST_RULES, RULES
from meshhub_pulumi.standard import DIALECTS

TESTS = Path(__file__).parent
PACKAGE = Path(meshhub_pulumi.__file__).parent
CODE = re.compile(r"MH\d{3}")


def codes_in(module: Path) -> set[str]:
    """Every code that a module says in so many words."""
    nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    said = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in said if CODE.fullmatch(text)}


def defined(package: Any, kind: type) -> list[Any]:
    """Every value of a type that a module of a package defines."""
    modules = [import_module(f"{package.__name__}.{module.name}") for module in iter_modules(package.__path__)]
    named = [item for module in modules for item in sorted(vars(module).items())]
    return [value for name, value in named if name.isupper() and type(value) is kind]


def test_every_code_is_catalogued_and_used() -> None:
    """The catalogue holds the codes that the package finds, no more and no fewer, in order."""
    used = {code for path in PACKAGE.rglob("*.py") for code in codes_in(path)}
    assert list(catalogue()) == sorted(used)


@pytest.mark.parametrize("code", catalogue())
def test_every_code_is_described(code: str) -> None:
    """A code has a title and advice that is a sentence."""
    entry = catalogue()[code]
    assert entry.title[0].isupper()
    assert not entry.title.endswith(".")
    assert re.fullmatch(r"[A-Z`].+\.", entry.advice)


def test_every_code_is_exercised() -> None:
    """Each code is found in some case or test."""
    texts = [path.read_text(encoding="utf-8") for path in TESTS.rglob("findings.txt")]
    texts += [path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py") if path.name != Path(__file__).name]
    assert catalogue().keys() - set(CODE.findall(" ".join(texts))) == set()


def test_features_are_registered() -> None:
    """The list of features is all of them, sorted, each under its name and with a title."""
    assert list(FEATURES.values()) == defined(features, Feature)
    assert all(name == feature.name and feature.title for name, feature in FEATURES.items())


def test_features_render_for_known_hooks() -> None:
    """A feature's hooks are those of the dialects, and every feature has one in some dialect."""
    known = {hook for dialect in DIALECTS.values() for hook in dialect.hooks}
    assert all(feature.render and feature.render.keys() <= known for feature in FEATURES.values())


def test_hooks_are_used() -> None:
    """No dialect has a hook that nothing renders for, and no two hooks share a name."""
    hooks = {hook for dialect in DIALECTS.values() for hook in dialect.hooks}
    assert len({hook.name for hook in hooks}) == len(hooks)
    assert {hook for feature in FEATURES.values() for hook in feature.render} == hooks


def test_dialects_can_be_asked_for() -> None:
    """A cluster or a mesh can name each dialect, and nothing else."""
    asked = [
        model.model_fields[field].annotation for model, field in ((Cluster, "dialect"), (VirtualMeshArgs, "compat"))
    ]
    names = {name for choices in asked for part in get_args(choices) for name in get_args(part)}
    assert DIALECTS.keys() == names


def test_kinds_are_registered() -> None:
    """The list of kinds is all of them; what they carry are features; their arguments are named after them."""
    assert list(KINDS.values()) == defined(kinds, Kind)
    for name, kind in KINDS.items():
        assert (name, kind.args.__name__, kind.args.__doc__ is None) == (kind.name, f"{name}Args", False)
        assert set(kind.carries) <= FEATURES.keys()


def test_rules_are_registered() -> None:
    """The lists of rules are all of them, sorted, each in a file of its name, with the codes that it finds."""
    assert list(RULES) == defined(rules, Rule)
    assert list(MANIFEST_RULES) == defined(rules, ManifestRule)
    for rule in (*RULES, *MANIFEST_RULES):
        follows = set(rule.follows) if isinstance(rule, ManifestRule) else set()
        assert {*rule.codes} | follows == codes_in(PACKAGE / "rules" / f"{rule.name}.py")
