"""A lab for the length of a `with` block: for tests."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab.bring_up import up
from lab.errors import LabError
from lab.folder import LabFolder
from lab.guard import watching
from lab.process import recorded
from lab.running import Lab
from lab.start import Report, silent
from lab.take_down import down


@contextmanager
def embedded(
    names: Sequence[str],
    *,
    folder: Path | str | None = None,
    istiod: bool = True,
    trust_domains: Mapping[str, str] | None = None,
    report: Report = silent,
) -> Iterator[Lab]:
    """Clusters that exist while the block runs; see `up` for the arguments.

    `folder` is a new or empty folder, by default a new one among the temporary files. Nothing stays behind,
    no process and no file, not even when this process is killed: a guard process then does the rest
    (lab.guard).
    """
    with temporary(folder) as lab:
        running = up(names, folder=lab.path, istiod=istiod, trust_domains=trust_domains, report=report)
        try:
            yield running
        finally:
            running.close()


@contextmanager
def temporary(folder: Path | str | None = None) -> Iterator[LabFolder]:
    """A lab's folder, not yet made, whose lab is taken down when the block ends or this process dies."""
    lab = LabFolder.at(folder or Path(tempfile.gettempdir()) / f"meshhub-lab-{secrets.token_hex(6)}")
    lab.refuse_foreign()
    if lab.is_lab():
        if any(process.is_alive() for process in recorded(lab)):
            raise LabError(
                f"a lab runs in {lab.path} already",
                advice="Use it with lab.attach, or name another folder.",
            )
        down(lab.path)
    with watching(lab):
        try:
            yield lab
        finally:
            down(lab.path)
