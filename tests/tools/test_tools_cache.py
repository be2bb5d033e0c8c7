"""An entry is there whole or not at all, and a changed recipe is another entry."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from tools import cache


def test_root_prefers_our_own_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Then the desktop standard, then the home folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "standard"))
    assert tmp_path / "cache" == cache.root()
    monkeypatch.delenv("MESHHUB_CACHE")
    assert tmp_path / "standard" / "meshhub" == cache.root()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert tmp_path / "home" / ".cache" / "meshhub" == cache.root()


def test_fingerprint_changes_with_everything(tmp_path: Path) -> None:
    """Every word, the words' borders, every file's name and content count."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("x")
    two.write_text("x")
    prints = [
        cache.fingerprint(["a", "b"], [one]),
        cache.fingerprint(["a", "c"], [one]),
        cache.fingerprint(["ab"], [one]),
        cache.fingerprint(["a", "b"], [two]),
        cache.fingerprint(["a", "b"], []),
    ]
    again = cache.fingerprint(["a", "b"], [one])
    one.write_text("y")
    assert prints[0] == again
    assert len({*prints, cache.fingerprint(["a", "b"], [one])}) == 6


def test_entry_appears_when_it_is_complete(cache_folder: Path) -> None:
    """Nobody sees it half made."""
    with cache.making("etcd-1") as folder:
        (folder / "etcd").write_text("half")
        assert not (cache_folder / "etcd-1").exists()
    assert (cache_folder / "etcd-1" / "etcd").read_text() == "half"
    assert not list((cache_folder / "partial").iterdir())


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt])
def test_failure_leaves_nothing(cache_folder: Path, kind: type[BaseException]) -> None:
    """Neither does an interrupt."""

    def make() -> None:
        with cache.making("etcd-1") as folder:
            (folder / "etcd").write_text("half")
            raise kind

    with pytest.raises(kind):
        make()
    assert not (cache_folder / "etcd-1").exists()
    assert not list((cache_folder / "partial").iterdir())


def test_leftover_of_a_killed_run_is_thrown_away(cache_folder: Path) -> None:
    """It is not mixed into the new one."""
    leftover = cache_folder / "partial" / "etcd-1" / "old"
    leftover.mkdir(parents=True)
    with cache.making("etcd-1") as folder:
        assert not list(folder.iterdir())


def test_lock_excludes_others(cache_folder: Path) -> None:
    """Who holds it is alone with the entry, and not with other entries."""
    with cache.locked("one", on_wait=lambda: pytest.fail("nobody holds it")):
        with (cache_folder / "locks" / "one.lock").open("w") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with cache.locked("two", on_wait=lambda: pytest.fail("nobody holds it")):
            pass
    with cache.locked("one", on_wait=lambda: pytest.fail("it was given back")):
        pass


def test_waiting_is_told(cache_folder: Path) -> None:
    """Whoever has to wait can say so before."""
    lock = cache_folder / "locks" / "one.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        told = []

        def on_wait() -> None:
            told.append("waiting")
            fcntl.flock(other, fcntl.LOCK_UN)

        with cache.locked("one", on_wait=on_wait):
            assert told == ["waiting"]
