"""A program on PATH is taken if it fits, and refused with the reason if not."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tools.errors import ToolchainError
from tools.find import Found, Missing, find
from tools.programs import Program, programs

Put = Callable[..., Path]


def program(name: str) -> Program:
    return programs()[name]


def test_nothing_on_path() -> None:
    """The plain case needs no more words."""
    assert Missing("not on PATH") == find(program("kubectl"))


def test_fitting_program_is_taken(put: Put) -> None:
    """It is used as it is, wherever it is."""
    path = put("kubectl", "echo Client Version: v1.31.2")
    assert Found(path, (1, 31, 2)) == find(program("kubectl"))


def test_old_program_is_refused(put: Put) -> None:
    """The reason names the file, its version and what would do."""
    path = put("kubectl", "echo Client Version: v1.29.0")
    assert Missing(f"{path} is 1.29.0, which is not >=1.30,<2") == find(program("kubectl"))


def test_second_on_path_may_fit(put: Put, path_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old program that comes first does not hide a fitting one."""
    put("kubectl", "echo v1.29.0")
    newer = put("kubectl", "echo v1.33.0", folder=tmp_path / "later")
    monkeypatch.setenv("PATH", f"{path_folder}:{tmp_path / 'later'}:/usr/bin:/bin")
    assert Found(newer, (1, 33, 0)) == find(program("kubectl"))


@pytest.mark.parametrize("script", ["exit 1", "echo nothing", "echo v1.33.0; exit 3"])
def test_program_that_does_not_tell(put: Put, script: str) -> None:
    """What fails or prints no version is not trusted to be the program."""
    path = put("kubectl", script)
    assert Missing(f"{path} does not tell its version") == find(program("kubectl"))


def test_version_on_the_error_stream(put: Put) -> None:
    """Some programs print it there."""
    path = put("kubectl", "echo v1.33.0 >&2")
    assert Found(path, (1, 33, 0)) == find(program("kubectl"))


@pytest.mark.parametrize("name", ["etcd", "envoy", "kube-apiserver", "istiod"])
def test_wrapper_script_is_refused(put: Put, name: str) -> None:
    """A script around a server would swallow the signals that stop it, whatever version it prints."""
    path = put(program(name).executable, "echo 3.5.9 1.36.0")
    assert Missing(f"{path} is a wrapper script") == find(program(name))


def test_real_executable_is_taken(path_folder: Path) -> None:
    """The same name is fine when it is the program itself."""
    shutil.copy(Path(sys.executable).resolve(), path_folder / "etcd")
    verdict = find(replace(program("etcd"), fits=""))
    assert isinstance(verdict, Found)
    assert verdict.version == sys.version_info[:3]


def test_answer_is_remembered(path_folder: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warm run asks nobody; a changed file is asked again."""
    path = path_folder / "etcd"
    shutil.copy(Path(sys.executable).resolve(), path)
    etcd = replace(program("etcd"), fits="")
    first = find(etcd)
    assert (cache_folder / "answers.json").is_file()
    with monkeypatch.context() as patch:
        patch.setattr("tools.find._answer", lambda *_: pytest.fail("asked again"))
        assert first == find(etcd)
    path.touch()
    monkeypatch.setattr("tools.find._answer", lambda *_: "v9.9.9")
    assert Found(path, (9, 9, 9)) == find(etcd)


def test_spoilt_memory_is_no_problem(put: Put, cache_folder: Path) -> None:
    """What a crash left behind is read as nothing."""
    cache_folder.mkdir()
    (cache_folder / "answers.json").write_text('{"half')
    put("kubectl", "echo v1.33.0")
    assert isinstance(find(program("kubectl")), Found)


def test_companion_must_be_beside(put: Put) -> None:
    """A language host without the file it starts is not used."""
    path = put("pulumi-language-python")
    host = program("pulumi-language-python")
    assert Missing(f"{path} lacks pulumi-language-python-exec beside it") == find(host)
    put("pulumi-language-python-exec")
    assert Found(path, None) == find(host)


def test_plugin_that_pulumi_downloaded(put: Put, tmp_path: Path) -> None:
    """The newest of the kubernetes providers in Pulumi's own folder counts as installed."""
    plugins = tmp_path / "pulumi-home" / "plugins"
    for version in ("v4.9.0", "v4.34.2", "v4.18.0"):
        put("pulumi-resource-kubernetes", folder=plugins / f"resource-kubernetes-{version}")
    put("pulumi-resource-kubernetes", folder=plugins / "resource-kubernetes-coredns-v9.0.0")
    newest = plugins / "resource-kubernetes-v4.34.2" / "pulumi-resource-kubernetes"
    assert Found(newest, (4, 34, 2)) == find(program("pulumi-resource-kubernetes"))


def test_override_is_the_users_word(put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the user names is not asked for anything."""
    own = put("my-apiserver", folder=tmp_path / "own")
    monkeypatch.setenv("MESHHUB_KUBE_APISERVER", str(own))
    assert Found(own, None) == find(program("kube-apiserver"))


def test_override_that_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in it is said at once, not worked around."""
    monkeypatch.setenv("MESHHUB_ETCD", str(tmp_path / "nowhere"))
    with pytest.raises(ToolchainError, match=r"MESHHUB_ETCD names .*nowhere, which is not an executable"):
        find(program("etcd"))
