"""`--out`: the folder holds exactly what was rendered, and nothing foreign suffers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from meshhub_pulumi.cli.folder import LIST, write_folder
from meshhub_pulumi.readers.error import InputError

SERVICE = "kind2/virtualservice-default-reviews.yaml"


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder."""
    return {x.relative_to(folder).as_posix(): x.read_text() for x in sorted(folder.rglob("*")) if x.is_file()}


@pytest.fixture
def rendered(run, deck):
    """A folder `out` with the deck's manifests, and the arguments that wrote it."""
    arguments = ("render", deck / "own.yaml", "--snapshot", deck / "snapshot.yaml", "--out", "out")
    assert (0, "") == ((ended := run(*arguments)).code, ended.out)
    return arguments


def test_files_hold_the_manifests(run, rendered):
    """Each manifest is a file of its cluster's folder, with the same content as the stream, and a list tells them."""
    files = contents(Path("out"))
    listed = files.pop(LIST).splitlines()
    assert sorted(files) == listed
    assert 8 == len(files)
    assert SERVICE in files
    stream = run(*rendered[:-2]).out
    written = sorted((yaml.safe_load(text) for text in files.values()), key=json.dumps)
    assert sorted(yaml.safe_load_all(stream), key=json.dumps) == written


def test_a_second_run_changes_nothing(run, rendered):
    """Equal input gives equal bytes, and files that are right already are not touched."""
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")}
    files = contents(Path("out"))
    assert 0 == run(*rendered).code
    assert files == contents(Path("out"))
    assert before == {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")}


def test_changed_files_are_written_again(run, rendered):
    """A file of ours that somebody changed or removed is written again."""
    before = contents(Path("out"))
    Path("out", SERVICE).write_text("changed")
    next(Path("out/kind3").iterdir()).unlink()
    assert 0 == run(*rendered).code
    assert before == contents(Path("out"))


def test_stale_files_of_ours_are_removed(run, deck, rendered):
    """What an earlier run wrote and this one does not is removed, folders that it leaves empty too."""
    Path("foreign").write_text("x")
    Path("out/kind2/foreign.yaml").write_text("mine")
    Path("out/README.md").write_text("mine")
    Path("empty.yaml").write_text(
        "{apiVersion: meshhub.dev/v1alpha1, kind: VirtualMesh, metadata: {name: m}, spec: {clusters: [kind2, kind3]}}"
    )
    assert 0 == run("render", "empty.yaml", "--snapshot", deck / "snapshot.yaml", "--out", "out").code
    assert {LIST: "", "kind2/foreign.yaml": "mine", "README.md": "mine"} == contents(Path("out"))
    assert not Path("out/kind3").exists()


def test_an_error_writes_nothing(run, deck, rendered):
    """With an error the folder stays as it was, or is not made at all; `--force` writes it."""
    before = contents(Path("out"))
    Path("bad.yaml").write_text((deck / "own.yaml").read_text().replace("weight: 75", "weight: 74"))
    arguments = ("render", "bad.yaml", "--snapshot", deck / "snapshot.yaml", "--out")
    assert 1 == run(*arguments, "out").code
    assert before == contents(Path("out"))
    assert 1 == run(*arguments, "new").code
    assert not Path("new").exists()
    assert 1 == run(*arguments, "new", "--force").code
    assert Path("new", LIST).read_text()


def test_nothing_can_be_forced_where_nothing_compiles(run, deck, rendered):
    """Where a mesh could not be read there are no manifests to force: the folder stays as it was."""
    before = contents(Path("out"))
    Path("bad.yaml").write_text((deck / "own.yaml").read_text().replace("[kind2, kind3]", "1"))
    assert 1 == run("render", "bad.yaml", "--snapshot", deck / "snapshot.yaml", "--out", "out", "--force").code
    assert before == contents(Path("out"))


def test_json_beside_files(run, rendered):
    """`--format json` prints its object beside writing the files."""
    ended = run(*rendered, "--format", "json")
    assert {"kind2", "kind3"} == json.loads(ended.out)["clusters"].keys()


def test_foreign_files_are_not_replaced(run, rendered):
    """A file that no run wrote keeps its content: the run is refused with exit code 2, before it writes anything."""
    Path("other/kind2").mkdir(parents=True)
    Path("other", SERVICE).write_text("mine")
    ended = run(*rendered[:-1], "other")
    reason = "exists and was not written by meshhub; remove it, or name another folder"
    assert (2, f"meshhub: other/{SERVICE}: {reason}\n") == (ended.code, ended.err)
    assert {SERVICE: "mine"} == contents(Path("other"))


def test_links_that_lead_out(run, rendered):
    """Nothing is written or removed through a link that leads out of the folder; a linked file is replaced itself."""
    Path("elsewhere").mkdir()
    Path("elsewhere/x.yaml").write_text("mine")
    Path("linked").mkdir()
    Path("linked/kind2").symlink_to("../elsewhere")
    ended = run(*rendered[:-1], "linked")
    assert 2 == ended.code
    assert "linked/kind2: is a link that leads out of linked" in ended.err
    assert {"x.yaml": "mine"} == contents(Path("elsewhere"))
    Path("target").write_text("mine")
    Path("out", SERVICE).unlink()
    Path("out", SERVICE).symlink_to("../../target")
    assert 0 == run(*rendered).code
    assert "mine" == Path("target").read_text()
    assert not Path("out", SERVICE).is_symlink()


def test_the_list_is_not_believed_blindly(tmp_path):
    """Lines that no run writes lead nowhere: nothing outside of the folder is removed."""
    outside = tmp_path / "precious.yaml"
    outside.write_text("mine")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / LIST).write_text(f"../precious.yaml\n{outside}\na/../../precious.yaml\n../x/../precious.yaml\nprecious\n")
    write_folder(folder, {"k/a.yaml": b"a"})
    assert "mine" == outside.read_text()
    assert "k/a.yaml\n" == (folder / LIST).read_text()


def test_an_interrupted_run_leaves_no_half_file(tmp_path, monkeypatch):
    """Whatever stops a run, every file is whole, and the next run knows which files are ours."""
    files = {f"k/{name}.yaml": name.encode() * 10 for name in "abc"}
    written: list[Path] = []
    replace = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path, files)
    assert {LIST: "k/a.yaml\nk/b.yaml\nk/c.yaml\n", "k/a.yaml": "a" * 10} == contents(tmp_path)
    monkeypatch.undo()
    write_folder(tmp_path, {"k/c.yaml": b"c"})
    assert {LIST: "k/c.yaml\n", "k/c.yaml": "c"} == contents(tmp_path)


def test_a_folder_that_cannot_be_written(run, rendered, tmp_path):
    """A file in place of the folder is refused with the reason."""
    Path("file").write_text("mine")
    ended = run(*rendered[:-1], "file")
    assert (2, 1) == (ended.code, ended.err.count("\n"))
    assert "mine" == Path("file").read_text()
    with pytest.raises(InputError):
        write_folder(tmp_path / "file", {"k/a.yaml": b"a"})
