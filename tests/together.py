"""Which tests one process of `--dist loadfile` runs one after the other."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

CLUSTERS = ("tests/e2e", "tests/oracle")
"""Folders whose tests share clusters."""


class FolderOrFile(LoadFileScheduling):
    """A folder that shares clusters stays together, as other files do: else every process would start them."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((folder for folder in CLUSTERS if file.startswith(f"{folder}/")), file)
