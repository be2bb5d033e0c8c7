"""Inputs: files, folders, standard input and snapshots, and everything that cannot be read as such."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from meshhub_pulumi.model.error import MeshError
from meshhub_pulumi.readers.error import InputError
from meshhub_pulumi.readers.files import read, read_snapshot

POLICY = "{apiVersion: meshhub.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: %s}, spec: {timeout: 5s}}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*inputs: str, snapshot: str | None = None) -> list[str]:
    """The names of all specs that inputs hold."""
    return [spec.name for spec in read(inputs, snapshot).specs]


def refusal(*inputs: str, snapshot: str | None = None) -> str:
    """The one line with which inputs are refused."""
    with pytest.raises(InputError) as caught:
        read(inputs, snapshot)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write(path: str, text: str) -> str:
    """Write a file, and give its path."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    return path


def test_folders_are_read_recursively_and_sorted():
    """A folder is every YAML and JSON file below it, by path; hidden ones and other files are left out."""
    write("in/b.yaml", POLICY % "b")
    write("in/a/x.yml", POLICY % "a")
    write("in/c.json", '{"apiVersion": "meshhub.dev/v1alpha1", "kind": "TrafficPolicy", "metadata": {"name": "c"}}')
    write("in/.hidden.yaml", POLICY % "hidden")
    write("in/.git/x.yaml", POLICY % "git")
    write("in/notes.txt", "a: b: c")
    assert ["a", "b", "c"] == names("in")


def test_a_file_named_twice_is_read_once():
    """A file that several inputs lead to, links included, is read once."""
    write("in/a.yaml", POLICY % "a")
    Path("link.yaml").symlink_to("in/a.yaml")
    assert ["a"] == names("in", "in/a.yaml", "./in/a.yaml", "link.yaml")


def test_standard_input(monkeypatch):
    """`-` is standard input, beside files; findings call it `<stdin>`."""
    write("a.yaml", POLICY % "a")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((POLICY % "b" + "---\n" + POLICY % "C").encode())))
    loaded = read(["a.yaml", "-"])
    assert ["a", "b"] == sorted(spec.name for spec in loaded.specs)
    assert [("<stdin>", 3)] == [(x.where.file, x.where.line) for x in loaded.findings]


def test_byte_order_marks_are_no_text():
    """Files of editors that start with a byte order mark, and UTF-16, are read."""
    Path("a.yaml").write_bytes(b"\xef\xbb\xbf" + (POLICY % "a").encode())
    Path("b.yaml").write_text(POLICY % "b", encoding="utf-16")
    assert ["a", "b"] == names("a.yaml", "b.yaml")


def test_findings_spell_files_as_the_user_did():
    """A finding's file is the path as it was given, without a leading `./`."""
    write("in/a.yaml", (POLICY % "a").replace("5s", "5"))
    assert ["in/../in/a.yaml"] == [x.where.file for x in read(["./in/../in/a.yaml"]).findings]
    assert ["in/a.yaml"] == [x.where.file for x in read(["in"]).findings]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.yaml: no document in it; write one, or name another file"),
        ("# nothing\n---\n---\n", "x.yaml: no document in it; write one, or name another file"),
        (
            "a: 1\n",
            "x.yaml: no document of a known kind in it (x.yaml:1 has no apiVersion and kind); kinds are "
            "AccessPolicy, FailoverService, TrafficPolicy, VirtualMesh",
        ),
        (
            "---\n{apiVersion: v1, kind: Pod}\n",
            "x.yaml: no document of a known kind in it (x.yaml:2 is a Pod of v1); kinds are "
            "AccessPolicy, FailoverService, TrafficPolicy, VirtualMesh",
        ),
        ("a: b: c\n", "x.yaml:1: is not YAML: mapping values are not allowed in this context; correct it"),
    ],
)
def test_texts_that_are_no_input(text, message):
    """A text that holds nothing known is refused with the reason and what to do."""
    write("x.yaml", text)
    assert message == refusal("x.yaml")


def test_paths_that_are_no_input():
    """Missing, dangling, binary, unfit and empty paths are refused with the reason and what to do."""
    write("ok.yaml", POLICY % "a")
    Path("dangling.yaml").symlink_to("nowhere")
    Path("binary.yaml").write_bytes(b"a: 1\n\xff\xfe\x00")
    Path("folder.yaml").mkdir()
    Path("loop.yaml").symlink_to("loop.yaml")
    assert "missing.yaml: cannot be read: no such file or folder; check the path" == refusal("ok.yaml", "missing.yaml")
    assert "dangling.yaml: cannot be read: a link to a file that does not exist; check the path" == refusal(
        "dangling.yaml"
    )
    assert "binary.yaml:2: is not text in UTF-8; name a YAML file, or save it as UTF-8" == refusal("binary.yaml")
    assert "folder.yaml: holds no *.yaml, *.yml or *.json file; name a folder that does" == refusal("folder.yaml")
    assert refusal("loop.yaml").startswith("loop.yaml: cannot be read: ")
    assert "main.py: is a Python file; name the folder of a Pulumi program" == refusal("main.py")
    assert "ok.yaml/x: cannot be read: Not a directory; check the path and its permissions" == refusal("ok.yaml/x")
    assert "-: standard input can be read once only; name it once" == refusal("-", snapshot="-")


def test_a_folder_in_place_of_a_file():
    """A folder called like a file inside an input is walked like every folder."""
    write("in/sub.yaml/a.yaml", POLICY % "a")
    assert ["a"] == names("in")


@pytest.fixture
def nobody(folder: Path):
    """Not being root, who may read everything."""
    folder.chmod(0o755)
    before = os.geteuid()
    os.seteuid(65534 if before == 0 else before)
    yield
    os.seteuid(before)


def test_unreadable_files_and_folders(request):
    """What the user may not read is refused with the reason."""
    write("secret.yaml", POLICY % "a")
    write("closed/a.yaml", POLICY % "a")
    write("in/closed/a.yaml", POLICY % "a")
    Path("in/closed").chmod(0)
    Path("secret.yaml").chmod(0)
    Path("closed").chmod(0)
    request.getfixturevalue("nobody")
    assert "secret.yaml: cannot be read: Permission denied; check the path and its permissions" == refusal(
        "secret.yaml"
    )
    assert "closed: cannot be read: Permission denied; check its permissions" == refusal("closed")
    assert "in/closed: cannot be read: Permission denied; check its permissions" == refusal("in")
    assert refusal("closed/a.yaml").startswith("closed/a.yaml: cannot be read: Permission denied; ")


def test_snapshot_files(deck):
    """A snapshot's file holds a snapshot in either form; specs in it are not asked for, which a note says."""
    write("ok.yaml", POLICY % "a")
    assert "ok.yaml: holds no snapshot; name a MeshSnapshot document or objects of discovery" == refusal(
        "ok.yaml", snapshot="ok.yaml"
    )
    both = write("both.yaml", (deck / "snapshot.yaml").read_text() + "---\n" + POLICY % "b")
    loaded = read(["ok.yaml"], both)
    assert ["a"] == [spec.name for spec in loaded.specs]
    assert [("MH132", "TrafficPolicy default/b")] == [(x.code, x.where.object) for x in loaded.findings]
    assert {"kind2", "kind3"} == loaded.snapshot.clusters.keys()


def test_a_snapshot_by_itself(deck):
    """Programs read a snapshot's file on its own; everything wrong with it comes in one error."""
    assert read_snapshot(deck / "snapshot.yaml") == read_snapshot(deck / "discovery.yaml")
    text = (deck / "snapshot.yaml").read_text().replace("port: 9080", "prot: 9080")
    with pytest.raises(MeshError, match=r"(?s)snapshot bad.yaml: 4 problems.*clusters.kind2.services\[0\].ports\[0\]"):
        read_snapshot(Path(write("bad.yaml", text)))


def test_what_was_rendered_is_no_input():
    """A folder that `render --out` wrote inside an input is not read again."""
    write("in/a.yaml", POLICY % "a")
    write("in/out/.meshhub-files", "k/b.yaml\n")
    write("in/out/k/b.yaml", POLICY % "b")
    assert ["a"] == names("in")
