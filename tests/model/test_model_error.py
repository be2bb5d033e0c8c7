"""Errors that leave the library: the same everywhere, and printable by the Pulumi engine where there is one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from meshhub_pulumi.model.error import ArgsError, CompileError, MeshError, Problem, args_error, compile_error
from meshhub_pulumi.model.finding import Level, Origin, Owner, finding

CHECKOUT = Path(__file__).parents[2]
RAISE = """
import sys
from meshhub_pulumi.model.error import MeshError, Problem, args_error
error = args_error("x", [Problem("a", "b")])
assert isinstance(error, MeshError) and "pulumi" not in sys.modules, type(error).__mro__
"""


def test_one_problem_is_one_line() -> None:
    """A single problem stands beside the name of the object."""
    assert str(args_error("Cluster 'a'", [Problem("name", "missing")])) == "Cluster 'a': name: missing"


def test_findings_travel_with_the_error() -> None:
    """A compile's error holds its findings and prints each in one sentence, with its file and line."""
    owner = Owner("TrafficPolicy shop/a", "traffic_shift", Origin("mesh.yaml", str.upper, lambda _path: 7))
    found = [finding("MH105", "the weights sum to 90, not 100", owner), finding("MH112", "nothing", owner.at(""))]
    error = compile_error("mesh 'shop'", found)
    assert error.findings == tuple(found)
    assert str(error) == (
        "mesh 'shop': 2 problems\n"
        "  MH105 TrafficPolicy shop/a: TRAFFIC_SHIFT (mesh.yaml:7): the weights sum to 90, not 100. "
        "Make the weights of the traffic shift sum to 100.\n"
        "  MH112 TrafficPolicy shop/a (mesh.yaml:7): nothing. Give it something to do, or remove it."
    )
    assert found[0].as_json() == {
        "code": "MH105",
        "level": "error",
        "message": "the weights sum to 90, not 100",
        "where": {"object": "TrafficPolicy shop/a", "path": "TRAFFIC_SHIFT", "file": "mesh.yaml", "line": 7},
        "advice": "Make the weights of the traffic shift sum to 100.",
    }
    assert found[1].level is Level.WARNING


def test_errors_are_plain_without_pulumi() -> None:
    """Where nobody has loaded Pulumi, an error does not load it."""
    done = subprocess.run([sys.executable, "-c", RAISE], capture_output=True, text=True, cwd=CHECKOUT)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("error", "kind"), [(args_error("x", [Problem("a", "b")]), ArgsError), (compile_error("x", []), CompileError)]
)
def test_errors_are_those_of_a_program_under_pulumi(error: MeshError, kind: type[MeshError]) -> None:
    """Where Pulumi is loaded, an error is a RunError too, which the engine prints without a traceback."""
    pulumi = pytest.importorskip("pulumi")
    again = args_error("x", [Problem("a", "b")]) if kind is ArgsError else compile_error("x", [])
    assert isinstance(again, kind)
    assert isinstance(again, pulumi.RunError)
    assert (type(again).__name__, str(again)) == (kind.__name__, str(error))
