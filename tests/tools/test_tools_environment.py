"""The environment of an offline engine, and which Pulumi stands in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tools import entries, programs, toolchain

Put = Callable[..., Path]

ENGINE = ("pulumi", "pulumi-language-python", "pulumi-resource-kubernetes")


@pytest.fixture
def ours(put: Put, cache_folder: Path) -> dict[str, Path]:
    """A cache in which our own programs are already made."""
    paths = {}
    for name in ENGINE:
        folder = cache_folder / entries.entry_name(programs.programs()[name]) / "bin"
        paths[name] = put(name, folder=folder)
        for beside in programs.programs()[name].beside:
            put(beside, folder=folder)
    return paths


@pytest.fixture
def installed(put: Put) -> Path:
    """A Pulumi on PATH as its own packages install it."""
    put("pulumi-language-python")
    put("pulumi-language-python-exec")
    return put("pulumi", "echo v3.262.0")


def first_on(path: str, name: str) -> Path:
    return next(Path(folder, name) for folder in path.split(":") if Path(folder, name).exists())


def test_everything_that_keeps_an_engine_offline(ours: dict[str, Path], tmp_path: Path) -> None:
    """Its own home, state and temporary files, and nothing that asks or fetches."""
    home, backend = tmp_path / "work" / "home", tmp_path / "work" / "state"
    environment = toolchain.engine_environment(home, backend)
    path = environment.pop("PATH")
    assert environment == {
        "PULUMI_HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_CONFIG_PASSPHRASE": "offline",
    }
    assert (home / "tmp").is_dir()
    assert backend.is_dir()
    provider = ours["pulumi-resource-kubernetes"]
    assert first_on(path, provider.name) == provider


@pytest.mark.parametrize("variable", ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])
def test_the_callers_passphrase_stays(
    ours: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Also an empty one: it is one."""
    monkeypatch.setenv(variable, "")
    assert not [name for name in toolchain.engine_environment(tmp_path, tmp_path) if "PASSPHRASE" in name]


def test_our_host_stands_beside_our_pulumi(ours: dict[str, Path], tmp_path: Path) -> None:
    """Pulumi looks there first, and warns about a host that is only on PATH."""
    path = toolchain.engine_environment(tmp_path, tmp_path)["PATH"]
    pulumi = first_on(path, "pulumi")
    assert pulumi == toolchain.ensure(["pulumi"])["pulumi"]
    # The very file, since Pulumi would look beside what a symbolic link points to.
    assert not pulumi.is_symlink()
    assert pulumi.samefile(ours["pulumi"])
    host = first_on(path, "pulumi-language-python")
    assert host.parent == pulumi.parent
    assert host.resolve() == ours["pulumi-language-python"]
    assert (pulumi.parent / "pulumi-language-python-exec").exists()


def test_our_folders_hold_no_python(ours: dict[str, Path], tmp_path: Path) -> None:
    """Programs without a virtual environment of their own run the caller's `python3`."""
    added = toolchain.engine_environment(tmp_path, tmp_path)["PATH"].split(":")[:2]
    assert not [file for folder in added for file in Path(folder).iterdir() if file.name.startswith("python")]


def test_the_cache_on_path_is_not_found_there(
    ours: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked from inside an engine's environment, the answer is the same: not a program of a recipe that changed."""
    before = toolchain.ensure(ENGINE)
    monkeypatch.setenv("PATH", toolchain.engine_environment(tmp_path, tmp_path)["PATH"])
    assert toolchain.ensure(ENGINE) == before
    assert toolchain.place(programs.programs()["pulumi"]) == toolchain.Cached(ours["pulumi"])


def test_a_stray_host_on_path_is_not_used(ours: dict[str, Path], put: Put, tmp_path: Path) -> None:
    """One that belongs to a Pulumi too old for us would be handed requests it does not know."""
    put("pulumi", "echo v3.100.0")
    put("pulumi-language-python")
    put("pulumi-language-python-exec")
    paths = toolchain.ensure(ENGINE)
    assert paths["pulumi"].samefile(ours["pulumi"])
    assert paths["pulumi-language-python"].samefile(ours["pulumi-language-python"])
    path = toolchain.engine_environment(tmp_path, tmp_path)["PATH"]
    assert first_on(path, "pulumi-language-python") == paths["pulumi-language-python"]


def test_pulumi_from_path_keeps_its_own_host(
    installed: Path, ours: dict[str, Path], path_folder: Path, tmp_path: Path
) -> None:
    """Then only what it lacks is added, and in front of PATH stands nothing that was on it anyway."""
    paths = toolchain.ensure(ENGINE)
    assert paths["pulumi"] == installed
    assert paths["pulumi-language-python"] == installed.with_name("pulumi-language-python")
    provider = ours["pulumi-resource-kubernetes"]
    assert paths["pulumi-resource-kubernetes"] == provider
    path = toolchain.engine_environment(tmp_path, tmp_path)["PATH"].split(":")
    assert path[:2] == [str(provider.parent), str(path_folder)]


def test_pulumi_from_path_without_host(put: Put, ours: dict[str, Path]) -> None:
    """A Pulumi installed without its language hosts gets ours."""
    own = put("pulumi", "echo v3.262.0")
    paths = toolchain.ensure(ENGINE)
    assert paths["pulumi"] == own
    assert paths["pulumi-language-python"] == ours["pulumi-language-python"]
