"""Programs that misbehave while they are read: they end in one line, and what they broke is whole again.

A program is code that its user runs, so that it may do what its user may; only what it does to its reader counts here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

PROGRAMS = {
    "nothing": "",
    "an end": "import sys; sys.exit(0)",
    "an end with words": "raise SystemExit('bye')",
    "an exception": "1 / 0",
    "an exception of several lines": "raise ValueError('a\\nb\\n\\x1b[31mc')",
    "an exception without words": "raise AssertionError",
    "an exception that cannot be told": (
        "class Odd(Exception):\n    def __str__(self):\n        raise RuntimeError('odd')\nraise Odd"
    ),
    "an exception like no other": "raise BaseException('x')",
    "the end of a generator": "raise GeneratorExit",
    "no Python": "def (",
    "a zero": "x = 1\0",
    "deep brackets": "x = " + "(" * 5000 + ")" * 5000,
    "no text": "# \udcff",
    "a module that is missing": "import there_is_no_such_module",
    "itself": "import runpy; runpy.run_path(__file__, run_name='__main__')",
    "endless calls": "def f(): f()\nf()",
    "another folder": "import os; os.chdir('/')\nraise SystemExit(1)",
    "no path": "import sys; sys.path.clear(); sys.path_hooks\nraise SystemExit(1)",
    "a name of ours": "import sys; sys.modules['meshhub_pulumi.extra'] = None\nraise SystemExit(1)",
    "a mesh that stays open": (
        "from meshhub_pulumi import VirtualMesh, VirtualMeshArgs\nVirtualMesh('m', VirtualMeshArgs(clusters=['east']))"
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(judged, name):
    """A program that fails or describes nothing is refused in one line, and the reader goes on as before."""
    Path("program").mkdir()
    Path("program/__main__.py").write_bytes(PROGRAMS[name].encode("utf-8", "surrogateescape"))
    before = Path.cwd(), list(sys.path), sys.stdout, sys.getrecursionlimit()
    ended = judged(None, "program")
    assert ended.code in (1, 2)
    assert before == (Path.cwd(), list(sys.path), sys.stdout, sys.getrecursionlimit())


@pytest.mark.parametrize(
    "project",
    ["main: ../../..", "main: /etc/passwd", "main: [a]", "main: 1", "[]", "a: b: c", "\0", "main: !!python/name:os.x"],
)
def test_project(judged, project):
    """A project's file that leads elsewhere, or is none, is refused in one line."""
    Path("program").mkdir()
    Path("program/Pulumi.yaml").write_text(project)
    os.mkfifo("program/unread.yaml")
    assert 2 == judged(None, "program").code
