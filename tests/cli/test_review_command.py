"""`meshhub review` keeps the command line's contract: inputs, exit codes, and two programs in one run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "bookinfo"


@pytest.fixture
def weighted(deck):
    """The deck's own documents, and the same with other weights."""
    text = (deck / "own.yaml").read_text()
    Path("head.yaml").write_text(text.replace("weight: 75", "weight: 65").replace("weight: 10", "weight: 20"))
    return [deck / "own.yaml", "head.yaml", "--snapshot", deck / "snapshot.yaml"]


def test_changes_are_no_failure(run, weighted):
    """A review that tells changes ends with 0, and nothing goes to standard error."""
    ended = run("review", *weighted)
    assert (0, "") == (ended.code, ended.err)
    assert "| 75% | 65% |" in ended.out


@pytest.mark.parametrize(
    "wrong", [("weight: 65", "weight: 64"), ("clusters:", "clustres:")], ids=["compiled", "not-compiled"]
)
def test_what_has_errors_is_not_compared(run, weighted, wrong):
    """Errors of HEAD end with 1, of BASE alone with 0; in either case findings are told, and no effect is claimed."""
    Path("bad.yaml").write_text(Path("head.yaml").read_text().replace(*wrong))
    ended = run("review", weighted[0], "bad.yaml", *weighted[2:], "--format", "json")
    said = json.loads(ended.out)
    assert (1, "", None, False) == (ended.code, ended.err, said["effect"], said["compared"])
    assert "error" in {x["level"] for x in said["findings"]["new"]}
    back = run("review", "bad.yaml", *weighted[1:])
    assert 0 == back.code
    assert "**Not compared:** BASE has" in back.out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere", "head.yaml"], "nowhere: cannot be read"),
        (["head.yaml", "nowhere"], "nowhere: cannot be read"),
        (["head.yaml"], "Missing argument 'HEAD'"),
        (["-", "-"], "standard input can be read once only"),
        (["-", "head.yaml", "--snapshot", "-"], "standard input can be read once only"),
    ],
)
def test_unreadable_input(run, weighted, arguments, reason):
    """What cannot be read on either side ends with 2 and one line."""
    ended = run("review", *arguments)
    assert (2, "", 1) == (ended.code, ended.out, ended.err.count("\n"))
    assert reason in ended.err


def test_each_side_may_have_a_snapshot(run, weighted, deck):
    """`--base-snapshot` is for BASE; without it both have one."""
    text = (deck / "snapshot.yaml").read_text()
    Path("before.yaml").write_text(text.replace("172.18.0.230", "172.18.0.231"))
    base = weighted[0]
    ended = run("review", base, base, "--snapshot", deck / "snapshot.yaml", "--base-snapshot", "before.yaml")
    assert 0 == ended.code
    assert "`gateway of kind3 at 172.18.0.231:15443` | `gateway of kind3 at 172.18.0.230:15443`" in ended.out
    assert "No effect" in run("review", base, base, "--snapshot", deck / "snapshot.yaml").out


def test_two_programs(run):
    """Two programs are told apart, their modules of one name too."""
    for side, weight in (("base", "15"), ("head", "25")):
        shutil.copytree(EXAMPLE, side)
        program = Path(side, "__main__.py")
        text = program.read_text()
        Path(side, "weights.py").write_text(f"V1, V2 = {weight}, 25 - {weight}\n")
        text = text.replace("weight=15", "weight=weights.V1").replace("weight=10", "weight=weights.V2")
        program.write_text(text.replace("import pulumi_kubernetes", "import weights\nimport pulumi_kubernetes"))
    ended = run("review", "base", "head")
    assert (0, "") == (ended.code, ended.err)
    assert "| 15% | 25% |" in ended.out
    assert "| 10% | 0% |" in ended.out
    assert "No effect" in run("review", "base", "base").out


def test_late_values_are_equal_where_they_stand(run):
    """An address that only the deployment knows is no difference between two runs of one program."""
    for side in ("base", "head"):
        shutil.copytree(EXAMPLE, side)
        program = Path(side, "__main__.py")
        text = program.read_text().replace("address=gateway", "address=pulumi.Output.from_input(gateway)")
        program.write_text(text.replace("import pulumi_kubernetes", "import pulumi\nimport pulumi_kubernetes", 1))
    ended = run("review", "base", "head")
    assert 0 == ended.code
    assert "No effect on the mesh" in ended.out
    assert "changes no object" in ended.out


def test_compat_is_for_both(run, weighted):
    """`--compat` writes both sides in the older language."""
    assert "| 75% | 65% |" in run("review", *weighted, "--compat", "smh-0.8").out
