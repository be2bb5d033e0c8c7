"""Every `meshhub` command that a page shows runs, in a folder that holds the files it names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_pages import PAGES, ROOT, blocks, name_of

DECK = ROOT / "tests" / "fixtures" / "deck"
NEEDS_A_CLUSTER = "kubectl"


def shown(page: Path) -> list[str]:
    """The commands in a page's shell blocks and in the examples of the help texts."""
    lines = [line.strip() for block in blocks(page, "sh", "text") for line in block.text.splitlines()]
    verbs = "render|check|convert|features|review|--"
    return [line for line in lines if re.match(rf"(\S[^|]* \| )?meshhub ({verbs})", line)]


COMMANDS = [(page, command) for page in PAGES for command in shown(page) if NEEDS_A_CLUSTER not in command]
SESSIONS = [(page, number) for page in PAGES for number in range(len(blocks(page, "console")))]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the files that commands name; `meshhub` in `bin`."""
    mesh, policy = (DECK / "own.yaml").read_text(encoding="utf-8").split("---\n")
    smh = [(DECK / name).read_text(encoding="utf-8") for name in ("virtual-mesh.yaml", "traffic-policy.yaml")]
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copytree(ROOT / "examples" / "bookinfo", tmp_path / "program")
    for name in ("base", "bin", "policies"):
        (tmp_path / name).mkdir()
    files = {
        "mesh.yaml": mesh,
        "base.yaml": mesh,
        "base/mesh.yaml": mesh,
        "policies/reviews.yaml": policy,
        "old-smh.yaml": "---\n".join(smh),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in ("discovery.yaml", "snapshot.yaml"):
        shutil.copy(DECK / name, tmp_path)
    shutil.copy(DECK / "snapshot.yaml", tmp_path / "base")
    program = tmp_path / "bin" / "meshhub"
    program.write_text(f"#!{sys.executable}\nfrom meshhub_pulumi.cli import main\nmain()\n", encoding="utf-8")
    program.chmod(0o755)
    return tmp_path


def run(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    """A line of shell, with both streams as one, as a terminal shows them."""
    environment = {**os.environ, "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def committed(place: Path) -> None:
    """Make the folder a git checkout, for commands that read from one."""
    for command in ("init -q", "add mesh.yaml", "-c user.name=x -c user.email=x@example.com commit -q -m mesh"):
        subprocess.run(["git", *command.split()], cwd=place, check=True)


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=lambda x: name_of(x) if isinstance(x, Path) else x)
def test_commands_run(page: Path, command: str, place: Path) -> None:
    """A command that a page shows ends well."""
    if command.startswith("git "):
        committed(place)
    ended = run(command, place)
    assert 0 == ended.returncode, ended.stdout


@pytest.mark.parametrize(("page", "number"), SESSIONS, ids=lambda x: name_of(x) if isinstance(x, Path) else str(x))
def test_sessions_print_what_is_shown(page: Path, number: int, place: Path) -> None:
    """In a session each command prints what stands below it; the page's own files are there."""
    for block in blocks(page, "yaml"):
        if title := re.match(r"# (\S+\.yaml)\n", block.text):
            (place / title[1]).write_text(block.text, encoding="utf-8")
    code, printed = 0, ""
    text = blocks(page, "console")[number].text
    for command in re.findall(r"^\$ (.+)$", text, re.MULTILINE):
        ended = run(f"(exit {code}); {command}", place)
        code = ended.returncode
        printed += f"$ {command}\n{ended.stdout}"
    assert text == printed


def test_there_are_commands() -> None:
    """The pages that must show commands do, so an empty list is no success."""
    assert {"README.md", "docs/cli.md"} <= {name_of(page) for page, _ in COMMANDS}
    assert {"docs/errors.md"} <= {name_of(page) for page, _ in SESSIONS}
