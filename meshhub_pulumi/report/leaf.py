"""Leaves as printers write them: what is unknown until the deployment runs is `<late: path>`."""

from __future__ import annotations

from typing import Any

from meshhub_pulumi.model.late import is_late


def plain(value: Any) -> Any:
    """A leaf that no printer knows, as text."""
    if is_late(value):
        return repr(value)
    raise TypeError(f"a manifest cannot hold a {type(value).__name__}")
