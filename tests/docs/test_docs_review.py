"""The snippets for CI in docs/review.md run, in a clone of a repository with a target branch and a changed mesh."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from markdown_pages import ROOT, blocks

PAGE = ROOT / "docs" / "review.md"
DECK = ROOT / "tests" / "fixtures" / "deck"
IDENTITY = ("-c", "user.name=x", "-c", "user.email=x@example.com")


def snippet(key: str) -> dict:
    """The block of the page that has a key."""
    (found,) = (x for block in blocks(PAGE, "yaml") if key in (x := next(yaml.safe_load_all(block.text))))
    return found


def git(*arguments: str, at: Path) -> str:
    """What git prints."""
    return subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=at, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose mesh has other weights than the target branch, and the programs of a runner that it needs."""
    origin, clone, programs = tmp_path / "origin", tmp_path / "work" / "clone", tmp_path / "bin"
    for folder in (origin / "mesh", clone.parent, programs):
        folder.mkdir(parents=True)
    for name in ("own.yaml", "snapshot.yaml"):
        (origin / "mesh" / name).write_bytes((DECK / name).read_bytes())
    git("init", "-q", "-b", "main", at=origin)
    git("add", ".", at=origin)
    git("commit", "-q", "-m", "mesh", at=origin)
    git("clone", "-q", str(origin), str(clone), at=tmp_path)
    written = {
        "meshhub": f"#!{sys.executable}\nfrom meshhub_pulumi.cli import main\nmain()\n",
        "gh": '#!/bin/sh\necho "gh $*" >> "$TOLD"\ncase "$*" in *--edit-last*) exit 1;; esac\n',
        "curl": '#!/bin/sh\necho "curl $*" >> "$TOLD"\n',
    }
    for name, text in written.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return clone


def ended(script: str, clone: Path, **environment: str) -> tuple[int, str, str]:
    """How a script ends that a runner runs in the clone, the review, and what it told the forge."""
    told = clone.parent / "told"
    path = f"{clone.parents[1] / 'bin'}{os.pathsep}{os.environ['PATH']}"
    more = {"PATH": path, "PYTHONPATH": str(ROOT), "TOLD": str(told), **environment}
    done = subprocess.run(["bash", "-e", "-c", script], cwd=clone, env={**os.environ, **more}, check=False)
    review = clone / "review.md"
    return done.returncode, review.read_text() if review.exists() else "", told.read_text() if told.exists() else ""


def github(clone: Path) -> tuple[int, str, str]:
    """The snippet for GitHub."""
    (step,) = (x["run"] for x in snippet("jobs")["jobs"]["review"]["steps"] if "review" in x.get("run", ""))
    summary = str(clone.parent / "summary")
    return ended(step, clone, GITHUB_BASE_REF="main", GITHUB_STEP_SUMMARY=summary, PULL_REQUEST="7")


def gitlab(clone: Path) -> tuple[int, str, str]:
    """The snippet for GitLab."""
    _, *lines = snippet("mesh review")["mesh review"]["script"]
    names = ("MESH_REVIEW_TOKEN", "CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID")
    base = git("rev-parse", "origin/main", at=clone)
    return ended("\n".join(lines), clone, CI_MERGE_REQUEST_DIFF_BASE_SHA=base, **dict.fromkeys(names, "7"))


@pytest.mark.parametrize("forge", [github, gitlab])
@pytest.mark.parametrize(
    ("weights", "code", "said"), [((65, 25), 0, "| 75% | 65% |"), ((65, 15), 1, "HEAD has 1 error")]
)
def test_snippets(forge, weights, code, said, clone: Path) -> None:
    """The review of the change against the target branch is posted, and an error in it fails the job."""
    mesh = clone / "mesh" / "own.yaml"
    text = (
        mesh.read_text().replace("weight: 75", f"weight: {weights[0]}").replace("weight: 15", f"weight: {weights[1]}")
    )
    mesh.write_text(text)
    exit_code, review, told = forge(clone)
    assert code == exit_code
    assert said in review
    assert "review.md" in told


@pytest.mark.parametrize("forge", [github, gitlab])
def test_nothing_is_posted_of_what_cannot_be_read(forge, clone: Path) -> None:
    """Where a side cannot be read the job fails, and nobody gets an empty comment."""
    (clone / "mesh" / "own.yaml").write_text(": :")
    exit_code, _, told = forge(clone)
    assert (2, "") == (exit_code, told)
