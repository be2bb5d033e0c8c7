"""Ending one cluster's processes while its data stays."""

from __future__ import annotations

from lab import etcd
from lab.folder import LabFolder
from lab.process import end, end_gently, forget, recorded


def stop(lab: LabFolder, name: str) -> int:
    """End every process of a cluster, etcd last and in its own time; returns how many were running."""
    processes = recorded(lab, name)
    stores = [process for process in processes if process.program == etcd.PROGRAM]
    ended = end(process for process in processes if process not in stores)
    for store in stores:
        ended += store.is_alive()
        end_gently(store)
    forget(lab, processes)
    return ended
