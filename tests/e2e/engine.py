"""A Pulumi stack driven by the real command line: what it printed, and what it did to which resource."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools import toolchain

VIRTUALENV = Path(sys.prefix)


@dataclass(frozen=True)
class Outcome:
    """One run of the engine: its exit code, its text, and the operation on every resource (but `same`)."""

    code: int
    text: str
    steps: tuple[tuple[str, str, str], ...]
    """Operation, type and name."""

    def operations(self, prefix: str = "kubernetes:networking.istio.io") -> Counter[str]:
        """How many resources of the types with this prefix each operation touched."""
        return Counter(op for op, kind, _ in self.steps if kind.startswith(prefix))

    def names(self, operation: str, prefix: str = "kubernetes:") -> list[str]:
        """The names of the resources that an operation touched, in the order in which they were done."""
        return [name for op, kind, name in self.steps if op == operation and kind.startswith(prefix)]


class Engine:
    """One project with one stack, its state in a folder of its own."""

    def __init__(self, folder: Path, kubeconfig: Path | None) -> None:
        self.folder = folder
        self.kubeconfig = kubeconfig
        settings = {"name": "e2e", "runtime": {"name": "python", "options": {"virtualenv": str(VIRTUALENV)}}}
        (folder / "Pulumi.yaml").write_text(json.dumps(settings))
        self._environment = toolchain.engine_environment(folder / ".home", folder / ".backend")
        self.run("stack", "init", "test")

    def write(self, program: str, **files: str) -> None:
        """Replace the program; `snapshot="…"` writes snapshot.yaml."""
        (self.folder / "__main__.py").write_text(program)
        for name, text in files.items():
            (self.folder / f"{name}.yaml").write_text(text)

    def up(self, *flags: str) -> Outcome:
        """`pulumi up`."""
        return self.run("up", "--yes", "--skip-preview", *flags)

    def preview(self, *flags: str) -> Outcome:
        """`pulumi preview`."""
        return self.run("preview", *flags)

    def refresh(self, *flags: str) -> Outcome:
        """`pulumi refresh`."""
        return self.run("refresh", "--yes", "--skip-preview", *flags)

    def destroy(self) -> Outcome:
        """`pulumi destroy`."""
        return self.run("destroy", "--yes", "--skip-preview")

    def outputs(self) -> Mapping[str, object]:
        """The stack's outputs."""
        return json.loads(self.run("stack", "output", "--json").text)  # type: ignore[no-any-return]

    def state(self) -> list[Mapping[str, object]]:
        """Every resource in the stack's state."""
        exported = json.loads(self.run("stack", "export").text)
        return exported["deployment"].get("resources", [])  # type: ignore[no-any-return]

    def run(self, *arguments: str, limit: float = 180) -> Outcome:
        """Any command; never waits for an answer."""
        log = self.folder / "events.jsonl"
        log.unlink(missing_ok=True)
        writes_events = arguments[0] in ("up", "preview", "refresh", "destroy")
        extra = ["--event-log", str(log)] if writes_events else []
        environment = {**os.environ, **self._environment}
        environment["PULUMI_DEBUG_COMMANDS"] = "true"  # offers --event-log
        environment["KUBECONFIG"] = str(self.kubeconfig or self.folder / "no-such-kubeconfig")
        done = subprocess.run(
            ["pulumi", "--non-interactive", "--color", "never", *arguments, *extra],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if writes_events else None,
            text=True,
            timeout=limit,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, tuple(_steps(log)))


def _steps(log: Path) -> Iterator[tuple[str, str, str]]:
    if not log.is_file():
        return
    for line in log.read_text().splitlines():
        event = json.loads(line)
        done = event.get("resOutputsEvent") or {}
        step = done.get("metadata")
        if step and step["op"] != "same":
            yield step["op"], step["type"], step["urn"].rsplit("::", 1)[1]
