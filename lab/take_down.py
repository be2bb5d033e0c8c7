"""Taking a lab down: every process that it started, its network namespaces, then everything that it wrote.

Standard library only: the guard does the same (lab.guard).
"""

from __future__ import annotations

from pathlib import Path

from lab.folder import DEFAULT, FolderGoneError, LabFolder
from lab.mesh.removal import remove
from lab.process import end, end_marked, recorded


def down(folder: Path | str = DEFAULT, *, limit: float = 120.0) -> int:
    """End the lab of this folder and remove it; returns how many processes were still running.

    Does nothing where no lab is, so it can be called twice, and after a crash at any moment. Raises LabError
    when the folder is somebody else's, or when another lab command has not left it after `limit` seconds.
    """
    lab = LabFolder.at(folder)
    lab.refuse_foreign()
    if not lab.is_lab():
        # Its files may have been deleted by hand while it ran.
        return take_down(lab)
    try:
        with lab.locked(limit):
            return take_down(lab)
    except FolderGoneError:
        return take_down(lab)


def take_down(lab: LabFolder) -> int:
    """The same without regard to other lab commands."""
    ended = end(recorded(lab)) + end_marked(lab)
    remove(lab.prefix)
    if lab.is_lab():
        lab.remove()
    return ended
