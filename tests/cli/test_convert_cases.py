"""What is converted means the same: every golden case, and whole repositories, in both forms."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from meshhub_pulumi.cli.blocks import blocks_of
from meshhub_pulumi.cli.convertible import each_once
from meshhub_pulumi.model.finding import Level
from meshhub_pulumi.model.path import camel_path
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.report.own_yaml import own_files
from meshhub_pulumi.report.python_program import print_program, program_files
from meshhub_pulumi.standard import compile_standard

TESTS = Path(__file__).parents[1]
CASES = sorted(path.parent for path in (TESTS / "cases").glob("*/*/mesh.yaml"))
REPOSITORIES = {
    "smh": ["virtual-mesh.yaml", "traffic-policy.yaml", "discovery.yaml"],
    "gloo": ["policies.yaml", "discovery.yaml"],
}
INPUTS = {
    **{path.relative_to(TESTS / "cases").as_posix(): (path, ["mesh.yaml"]) for path in CASES},
    "smh": (TESTS / "fixtures" / "deck", REPOSITORIES["smh"]),
    "gloo": (TESTS / "fixtures" / "gloo", REPOSITORIES["gloo"]),
}

SPELLED_OTHERWISE = {
    *REPOSITORIES,
    *("header_manipulation/of_destinations", "header_manipulation/wrong", "retries/slow_tries"),
    *("outlier_detection/wrong", "outlier_detection/zero_is_a_default"),
}
"""The inputs with documents of Gloo Mesh or Service Mesh Hub, whose fields have other paths."""

OTHER_FINDINGS = {
    "python": {
        # a program has a mesh by construction, and knows nothing of clusters beside its meshes
        *("federation/implied_mesh", "failover/gateways_wrong", "federation/outside_the_mesh"),
        *("virtual_mesh/unknown_cluster", "virtual_mesh/names_and_members", "access/other_meshes_wrong"),
    },
    "yaml": {"virtual_mesh/names_and_members"},  # the object given twice is told by the conversion
}
"""The inputs whose findings are not all the same afterwards, and why."""

FORMS = {
    "python": lambda specs, snapshot: program_files(blocks_of(specs, snapshot)[0], snapshot),
    "yaml": own_files,
}


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `<form>/<input>/` for each form and input."""
    root = tmp_path_factory.mktemp("converted")
    with pytest.MonkeyPatch.context() as patch:
        for name, (folder, files) in INPUTS.items():
            patch.chdir(folder)
            loaded = read(files)
            specs, _ = each_once(loaded.specs)
            for form, files_of in FORMS.items():
                place = root / form / name
                place.mkdir(parents=True)
                for file, content in files_of(specs, loaded.snapshot).items():
                    (place / file).write_bytes(content)
    return root


def meaning(loaded, dialect):
    """The manifests, where no finding forbids to use them, and the findings without files, lines and spelling."""
    compiled = compile_standard(loaded.specs, loaded.snapshot, dialect)
    findings = sorted((x.code, x.where.object, plain(x.where.path), plain(x.message)) for x in compiled.findings)
    if any(x.level is Level.ERROR for x in compiled.findings):
        return {}, findings
    return {key: (x.body, x.after, x.known) for key, x in compiled.manifests.items()}, findings


def plain(text: str) -> str:
    """A path, or a message that names places, in one spelling."""
    return re.sub(r"(?<![\w.])spec\.(policy\.)?", "", camel_path(re.sub(r" ?\(\S+:\d+\)", "", text)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", INPUTS)
def test_what_is_converted_means_the_same(name, form, converted, monkeypatch):
    """Whatever is read renders to the same manifests and findings when it was converted, in all modes."""
    folder, files = INPUTS[name]
    again = read([str(converted / form / name)])
    monkeypatch.chdir(folder)
    before = read(files)
    assert () == again.findings
    for dialect in (None, "gateway-api", "smh-0.8"):
        manifests, findings = meaning(before, dialect)
        made, told = meaning(again, dialect)
        assert manifests == made
        if name not in OTHER_FINDINGS[form] and name not in SPELLED_OTHERWISE:
            assert findings == told
        assert [x[:2] for x in findings] == [x[:2] for x in told] or name in OTHER_FINDINGS[form]


def test_programs_are_as_ruff_leaves_them(converted):
    """Neither ruff's formatter nor its usual rules find anything to change in a program."""
    ruff = [sys.executable, "-m", "ruff"]
    how = ["--isolated", "--line-length=120", "--target-version=py311"]
    for command in (["format", "--check", *how], ["check", "--select=E,F,I,N,UP,B,RUF", *how]):
        done = subprocess.run([*ruff, *command, "."], cwd=converted / "python", capture_output=True, text=True)
        assert (0, "") == (done.returncode, done.stderr), done.stdout


def test_the_program_of_a_whole_repository(golden, monkeypatch):
    """The program stands in tests/typing, so that its types and its form are checked like any code here."""
    folder, files = INPUTS["gloo"]
    monkeypatch.chdir(folder)
    loaded = read(files)
    assert () == loaded.findings
    blocks, findings = blocks_of(loaded.specs, loaded.snapshot)
    assert [] == findings
    program, file = print_program(blocks, loaded.snapshot), TESTS / "typing" / "converted.py"
    if golden:
        file.write_text(program, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == program
