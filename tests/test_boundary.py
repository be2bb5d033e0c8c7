"""The import law: who may import whom inside the package, and that nothing inside needs Pulumi or Kubernetes."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from meshhub_pulumi.features import FEATURES
from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.standard import DIALECTS

PACKAGE = Path(__file__).parent.parent / "meshhub_pulumi"
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

MAY_IMPORT = {
    "model": {"model"},
    "dialects": {"dialects", "model"},
    "features": {"features", "dialects", "model"},
    "kinds": {"kinds", "features", "model"},
    "engine": {"engine", "model"},
    "rules": {"rules", "model"},
    "report": {"report", "model"},
}
"""Each ring and what it may import of the package; what stands here is the inside."""

EDGE = {"readers", "components", "policy_pack", "cli", "standard", "testing"}
"""Imports anything inside, and is imported by nobody there."""

FOREIGN = ("pulumi", "pulumi_kubernetes", "pulumi_policy", "kubernetes", "grpc")


def ring_of(module: Path) -> str:
    """The first part of a module's path."""
    return module.parts[0].removesuffix(".py")


def imports_of(module: Path) -> Iterator[str]:
    """Every module that a module imports, wherever the import stands."""
    for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            # `from package import module` may name a module or a thing in one
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rings_imported(module: Path) -> set[str]:
    """The rings of the package that a module imports."""
    names = [name.split(".") for name in imports_of(module) if name.split(".")[0] == PACKAGE.name]
    return {name[1] for name in names if len(name) > 1 and name[1] != "version"}


@pytest.mark.parametrize("module", [x for x in MODULES if ring_of(x) in MAY_IMPORT], ids=str)
def test_inside_imports_inwards(module: Path) -> None:
    """A module inside imports its own ring and those that the law names, nothing else."""
    assert rings_imported(module) <= MAY_IMPORT[ring_of(module)]


def test_every_module_has_a_place() -> None:
    """A new folder must be given its place in the law."""
    assert {ring_of(module) for module in MODULES} <= {*MAY_IMPORT, *EDGE, "__init__", "version"}


def test_engine_names_nothing() -> None:
    """The engine holds no name of a feature, a kind or a dialect."""
    names = {*FEATURES, *KINDS, *(dialect.name for dialect in DIALECTS.values())}
    said = {
        (module.name, node.value)
        for module in MODULES
        if ring_of(module) == "engine"
        for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in names
    }
    assert said == set()


def test_inside_needs_no_pulumi() -> None:
    """In an interpreter that has neither Pulumi nor a Kubernetes client, everything but components can be imported."""
    inside = [x for x in MODULES if ring_of(x) in MAY_IMPORT or ring_of(x) in ("standard", "cli", "__init__")]
    names = [".".join((PACKAGE.name, *module.with_suffix("").parts)).removesuffix(".__init__") for module in inside]
    names.append(f"{PACKAGE.name}.readers.files")
    program = f"""
import importlib, importlib.abc, sys

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {FOREIGN!r}:
            raise ImportError(f"{{name}} is not to be imported")

sys.meta_path.insert(0, Refuse())
for name in {names!r}:
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
