"""Matches of HTTPRoutes in the words of VirtualServices, which hold more; they may be anybody's, and of any form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

UNNOTICED = ("name", "statPrefix")
"""What a VirtualService's match may hold that no request notices."""

_FORMS = {"Exact": "exact", "RegularExpression": "regex"}
_PATHS = {**_FORMS, "PathPrefix": "below"}
"""`below` is what no VirtualService has: a path, and what comes after it and a slash."""
_ANY_PATH = {"below": "/"}


def read_match(match: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A match with what its definition reads into it, and those of its parts that cannot be read or are not known."""
    read: dict[str, Any] = {}
    unread: dict[str, Any] = {}
    for name, value in match.items():
        part = _part(name, value)
        if part is None:
            unread[name] = value
        else:
            read |= part
    return read, unread


def _part(name: str, value: Any) -> Mapping[str, Any] | None:
    if name not in _PARTS:
        return None
    return {} if value is None else _PARTS[name](value)


def _path(path: Any) -> Mapping[str, Any] | None:
    said = _said({"value": "/", **path}, _PATHS, "PathPrefix") if isinstance(path, Mapping) else None
    return {} if said == _ANY_PATH else said and {"uri": said}


def _method(method: Any) -> Mapping[str, Any] | None:
    return {"method": {"exact": method}} if isinstance(method, str) else None


def _headers(parts: Any) -> Mapping[str, Any] | None:
    named = _named(parts, str.lower)
    return named and {"headers": named}


def _parameters(parts: Any) -> Mapping[str, Any] | None:
    named = _named(parts, str)
    return named and {"queryParams": named}


def _named(parts: Any, spelled: Callable[[str], str]) -> dict[str, Any] | None:
    """Of two parts about one name only the first holds."""
    found: dict[str, Any] = {}
    for part in parts if isinstance(parts, list | tuple) else (None,):
        said = _said(part, _FORMS, "Exact")
        if said is None or not isinstance(part.get("name"), str):
            return None
        found.setdefault(spelled(part["name"]), said)
    return found


def _said(part: Any, forms: Mapping[str, str], usual: str) -> Mapping[str, str] | None:
    if not isinstance(part, Mapping):
        return None
    form, value = part.get("type", usual), part.get("value")
    return {forms[form]: value} if isinstance(form, str) and form in forms and isinstance(value, str) else None


_PARTS: Mapping[str, Callable[[Any], Mapping[str, Any] | None]] = {
    "path": _path,
    "method": _method,
    "headers": _headers,
    "queryParams": _parameters,
}
