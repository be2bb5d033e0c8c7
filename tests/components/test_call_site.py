"""The line of a program that findings name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import meshhub_pulumi

PROGRAM = """
import meshhub_pulumi
from meshhub_pulumi.components._program import listener
from meshhub_pulumi.testing import rehearse
import pulumi_kubernetes as k8s

def program():
    listener.set(lambda described: print(*(spec.origin.line_of("") for spec in described.specs),
                                         *(spec.origin.file for spec in described.specs)))
    east = meshhub_pulumi.Cluster("east", provider=k8s.Provider("east"))
    with meshhub_pulumi.VirtualMesh("mesh", meshhub_pulumi.VirtualMeshArgs(clusters=[east])):
        meshhub_pulumi.TrafficPolicy("web", {"timeout": "1s"})

rehearse(program)
"""


def test_a_library_behind_a_link(tmp_path: Path) -> None:
    """The program's own line, also if the library is reached by a link and its name is how the program's begins."""
    (tmp_path / "meshhub_pulumi").symlink_to(Path(meshhub_pulumi.__file__).parent)
    own = tmp_path / "meshhub_pulumi_of_the_shop" / "program.py"
    own.parent.mkdir()
    own.write_text(PROGRAM.lstrip())
    done = subprocess.run(
        [sys.executable, str(own)],
        cwd=own.parent,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("10 11 program.py program.py\n", 0), done.stderr
