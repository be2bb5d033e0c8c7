"""A request as the app of a pod saw it: what the proxies in between made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One arrival at an app, HTTP or a line of TCP; a line has no method, path, host or headers."""

    workload: str
    cluster: str
    version: str
    """The version label of the workload; may be empty."""
    port: int
    nth: int
    """Which arrival of this request at this pod it is, from 1; the tries of a retry count one by one."""
    method: str = ""
    path: str = ""
    """With the query."""
    host: str = ""
    headers: Mapping[str, str]
    """Names in lower case; values of one name are joined by commas."""
    body: str = ""

    @property
    def where(self) -> str:
        """`version@cluster`, the way shares are counted; a workload without a version counts under its name."""
        return f"{self.version or self.workload}@{self.cluster}"

    @classmethod
    def parse(cls, record: object) -> Seen | None:
        """From what the app writes; None for anything else, such as an answer that a proxy gave itself."""
        if not isinstance(record, dict) or not record.keys() >= _NEEDED:
            return None
        known: dict[str, Any] = {name: value for name, value in record.items() if name in _KNOWN}
        return cls(**{"headers": {}, **known})


_NEEDED = frozenset({"workload", "cluster", "version", "port", "nth"})
_KNOWN = frozenset(field.name for field in fields(Seen))
