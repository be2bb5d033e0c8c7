"""What the tests of hostile inputs share: a run of the command whose end is judged by the whole contract."""

from __future__ import annotations

import io
import json
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from meshhub_pulumi.cli import main

_SECONDS = 20
_ACTED_ON = re.compile(r"[^\n\x20-\x7e\xa0-\U0010ffff]")
"""What a terminal would act on."""


@dataclass(frozen=True)
class Ended:
    """How a run ended, and what it left below `--out`."""

    code: int
    findings: list[dict[str, Any]]
    err: str
    manifests: list[dict[str, Any]]

    @property
    def codes(self) -> set[str]:
        """The codes of its findings; of input that cannot be read there is none but the exit code."""
        return {finding["code"] for finding in self.findings} or ({"2"} if self.code == 2 else set())


Run = Callable[..., Ended]


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Render a content in this process, and hold the end of it against the contract."""
    work = tmp_path / "a" / "work"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    (tmp_path / "precious.yaml").write_text("mine")

    def ended(content: bytes | None, *arguments: str) -> Ended:
        if content is not None:
            Path("in.yaml").write_bytes(content)
        before = _files(tmp_path)
        command = ["render", *(arguments or ("in.yaml",)), "--out", "out", "--force", "--format", "json"]
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content or b"")))
        with _bounded(), pytest.raises(SystemExit) as end:
            main(command)
        out, err = capsys.readouterr()
        assert before == _files(tmp_path), "something outside of --out was written"
        judgement = _judge(int(end.value.code or 0), out, err)
        if Path("out").is_dir():  # the next run starts anew
            shutil.rmtree("out", ignore_errors=True)
        return judgement

    return ended


def _files(folder: Path) -> dict[str, bytes]:
    """Every file that is not below `--out`."""
    found = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    outside = [path for path in found if path.relative_to(folder).parts[2:3] != ("out",)]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in outside}


@contextmanager
def _bounded() -> Iterator[None]:
    def late(_number: int, _frame: object) -> None:
        raise TimeoutError(f"not over after {_SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _judge(code: int, out: str, err: str) -> Ended:
    """The end as a value; fails where it is not as the command line's contract says."""
    assert code in (0, 1, 2)
    assert "Traceback" not in err
    assert not _ACTED_ON.search(err), err
    if code == 2:
        assert ("", 1, True) == (out, err.count("\n"), err.startswith("meshhub: ")), err
        return Ended(code, [], err, [])
    printed = json.loads(out)
    assert (code == 1) == ("error" in {finding["level"] for finding in printed["findings"]})
    assert all(finding["message"] and finding["where"]["object"] for finding in printed["findings"])
    manifests = [manifest for cluster in printed["clusters"].values() for manifest in cluster]
    files = [yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) for path in Path("out").glob("*/*.yaml")]
    assert sorted(map(_bytes, manifests)) == sorted(map(_bytes, files))
    return Ended(code, printed["findings"], err, manifests)


def _bytes(manifest: Any) -> str:
    return json.dumps(manifest, sort_keys=True)
