"""The lab's folder: one marker file makes it ours, one lock lets one command at a time change it.

    <folder>/.meshhub-lab            the marker: `made` or `found`, whether the lab made the folder itself
    <folder>/lab.json                which clusters there are (lab.state)
    <folder>/snapshot.json           what the mesh on top of them consists of, if there is one (lab.mesh)
    <folder>/kubeconfig              all clusters, one context each
    <folder>/mesh-root/              the root of trust that the clusters share
    <folder>/processes/              one record per process (lab.process)
    <folder>/clusters/<name>/        everything of one cluster, logs included

Nothing else is ever removed from it, and nothing is written outside it, except what network namespaces need
(lab.mesh.removal).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.files import UNFINISHED

DEFAULT = Path(__file__).resolve().parent.parent / ".lab"
MARKER = ".meshhub-lab"
_MADE, _FOUND = "made\n", "found\n"


class FolderGoneError(LabError):
    """Another lab command removed the folder while this one waited for it."""


@dataclass(frozen=True, slots=True)
class LabFolder:
    """A folder that is, or may become, a lab's; `path` is absolute and free of symbolic links."""

    path: Path

    @classmethod
    def at(cls, path: Path | str) -> LabFolder:
        """The folder at `path`, which need not exist."""
        return cls(Path(path).expanduser().resolve())

    @property
    def marker(self) -> Path:
        return self.path / MARKER

    @property
    def state(self) -> Path:
        return self.path / "lab.json"

    @property
    def snapshot(self) -> Path:
        return self.path / "snapshot.json"

    @property
    def kubeconfig(self) -> Path:
        return self.path / "kubeconfig"

    @property
    def mesh_root(self) -> Path:
        return self.path / "mesh-root"

    @property
    def processes(self) -> Path:
        return self.path / "processes"

    @property
    def clusters(self) -> Path:
        return self.path / "clusters"

    @property
    def prefix(self) -> str:
        """What the names of this lab's network namespaces begin with, up to a hyphen (lab.mesh).

        Derived from the path alone, so that they are found even when every file of the lab is gone.
        """
        return f"mh{hashlib.sha256(os.fsencode(self.path)).hexdigest()[:8]}"

    def is_lab(self) -> bool:
        """Whether a lab made this folder its own."""
        return self.marker.is_file()

    def claim(self) -> None:
        """Make this the lab's folder, unless it is already; its parent must exist.

        Raises LabError for a folder that holds anything else.
        """
        try:
            try:
                self.path.mkdir(mode=0o700)
                origin = _MADE
            except FileExistsError:
                self.refuse_foreign()
                origin = _FOUND
            if not self.is_lab():
                self.marker.write_text(origin)
            self.processes.mkdir(mode=0o700, exist_ok=True)
            self.clusters.mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            raise LabError(f"cannot make the lab's folder {self.path}: {problem.strerror}") from None

    def refuse_foreign(self) -> None:
        """Raise LabError when the folder holds something and is not a lab's; a missing folder is fine."""
        if self.is_lab() or not self.path.exists():
            return
        if not self.path.is_dir() or any(self.path.iterdir()):
            raise LabError(
                f"{self.path} is not a lab's folder: it is not empty and has no {MARKER}",
                advice="Nothing was changed. Name another folder with --folder.",
            )

    @contextmanager
    def locked(self, limit: float = 120.0) -> Iterator[None]:
        """Keep other lab commands from changing this folder; waits up to `limit` seconds for them to finish.

        The lock is the kernel's and ends with its holder, however that dies. Raises LabError when the folder
        stays locked, FolderGoneError when it does not exist any more.
        """
        deadline = time.monotonic() + limit
        while (descriptor := self._try_lock()) is None:
            if time.monotonic() > deadline:
                raise LabError(
                    f"another lab command has been changing {self.path} for {limit:.0f} s",
                    advice="Wait for it or end it, then try again.",
                )
            time.sleep(0.05)
        try:
            yield
        finally:
            os.close(descriptor)

    def _try_lock(self) -> int | None:
        """A descriptor that holds the lock until it is closed, or None when somebody else has it."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            raise FolderGoneError(f"{self.path} was removed meanwhile", advice="Try again.") from None
        with ExitStack() as opened:
            opened.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # `down` may have removed the folder since, and `up` made another one of the same name.
                if not os.path.samestat(os.fstat(descriptor), self.path.stat()):
                    return None
            except (BlockingIOError, FileNotFoundError):
                return None
            opened.pop_all()
        return descriptor

    def remove(self) -> None:
        """Remove everything that the lab wrote, and the folder if the lab made it and nothing else is in it.

        The marker goes last: a removal that is cut short can be repeated.
        """
        for folder in (self.clusters, self.processes, self.mesh_root):
            _remove_tree(folder)
        for file in (self.kubeconfig, self.snapshot, self.state):
            file.unlink(missing_ok=True)
            file.with_name(file.name + UNFINISHED).unlink(missing_ok=True)
        made = self.marker.read_text() == _MADE
        self.marker.unlink()
        if made:
            with suppress(OSError):  # not empty: somebody put something there
                self.path.rmdir()


def _remove_tree(folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
