"""The lab's folder: ours only with the marker, removed as far as we made it, changed by one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.bring_up import up
from lab.errors import LabError
from lab.folder import MARKER, FolderGoneError, LabFolder
from lab.state import ClusterState, read_state, write_state
from lab.take_down import down


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter-1.txt").write_text("years of work")
    return folder


def test_a_folder_with_foreign_files_is_refused(foreign: Path) -> None:
    """Neither `up` nor `down` touches a folder that is not empty and not a lab's."""
    for act in (lambda: up(["east"], folder=foreign), lambda: down(foreign)):
        with pytest.raises(LabError, match="not a lab's folder"):
            act()
    assert [entry.name for entry in foreign.iterdir()] == ["chapter-1.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(foreign: Path) -> None:
    """The error is one line, not a traceback."""
    with pytest.raises(LabError, match="not a lab's folder"):
        down(foreign / "chapter-1.txt")


def test_a_missing_parent_is_a_clean_error(tmp_path: Path) -> None:
    """The lab makes one folder, not a path of them, since it would not remove the others."""
    with pytest.raises(LabError, match="No such file or directory"):
        LabFolder.at(tmp_path / "a" / "b").claim()


def test_a_folder_the_lab_made_goes_with_it(tmp_path: Path) -> None:
    """Nothing stays behind."""
    lab = LabFolder.at(tmp_path / "lab")
    lab.claim()
    down(lab.path)
    assert not lab.path.exists()


def test_an_empty_folder_that_was_there_before_stays(tmp_path: Path) -> None:
    """The lab removes what it made, and it did not make this folder."""
    folder = tmp_path / "mine"
    folder.mkdir()
    LabFolder.at(folder).claim()
    down(folder)
    assert list(folder.iterdir()) == []


def test_files_that_somebody_put_into_the_labs_folder_stay(tmp_path: Path) -> None:
    """They are not the lab's, so neither they nor the folder are removed."""
    lab = LabFolder.at(tmp_path / "lab")
    lab.claim()
    (lab.path / "notes.txt").write_text("mine")
    down(lab.path)
    assert [entry.name for entry in lab.path.iterdir()] == ["notes.txt"]


def test_down_may_be_repeated(tmp_path: Path) -> None:
    """Where no lab is, there is nothing to do."""
    lab = LabFolder.at(tmp_path / "lab")
    lab.claim()
    assert [down(lab.path), down(lab.path)] == [0, 0]


def test_a_removal_that_was_cut_short_can_be_repeated(lab_folder: LabFolder) -> None:
    """The marker is the last to go, so what is left is still known to be the lab's."""
    lab_folder.processes.rmdir()
    (lab_folder.path / "lab.json.new").write_text('{"format"')
    down(lab_folder.path)
    assert not lab_folder.path.exists()


def test_one_command_at_a_time(lab_folder: LabFolder) -> None:
    """A second one waits for the first, and gives up with a sentence."""
    first = lab_folder.locked()
    second = lab_folder.locked(limit=0.1)
    with first, pytest.raises(LabError, match="another lab command"), second:
        pass
    with lab_folder.locked(limit=0.1):
        pass


def test_a_folder_that_vanished_while_waiting_is_an_error_for_up_and_none_for_down(tmp_path: Path) -> None:
    """`down` wanted it gone anyway."""
    lab = LabFolder.at(tmp_path / "lab")
    with pytest.raises(FolderGoneError), lab.locked():
        pass
    assert down(lab.path) == 0


def test_state_survives_and_keeps_its_order(lab_folder: LabFolder) -> None:
    """What was written is read again, clusters in the order in which they were added."""
    states = [
        ClusterState(name="west", base=20_010, istiod=False, trust_domain="west.local", boot="b"),
        ClusterState(name="east"),
    ]
    write_state(lab_folder, states)
    assert states == list(read_state(lab_folder).values())


def test_a_write_that_was_cut_short_leaves_the_state_before(lab_folder: LabFolder) -> None:
    """A half-written file beside it does not count."""
    write_state(lab_folder, [ClusterState(name="east", base=20_000)])
    lab_folder.state.with_name("lab.json.new").write_text('{"format": 1, "clus')
    assert list(read_state(lab_folder)) == ["east"]


@pytest.mark.parametrize("content", ["", "[]", '{"format": 99}', '{"format": 1, "clusters": [{"nam": 1}]}'])
def test_a_state_nobody_can_read_is_a_clean_error_and_can_be_taken_down(lab_folder: LabFolder, content: str) -> None:
    """The advice works: `down` does not need the state."""
    lab_folder.state.write_text(content)
    with pytest.raises(LabError, match=r"lab\.json") as raised:
        read_state(lab_folder)
    assert "down" in raised.value.advice
    down(lab_folder.path)
    assert not (lab_folder.path / MARKER).exists()
