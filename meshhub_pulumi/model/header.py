"""HTTP headers: names, values, and sets of both. Names are kept in lower case and in order, so that equal is equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from meshhub_pulumi.model.schema import Many
from meshhub_pulumi.model.units import FrozenTexts, shaped

_TOKEN = r"[-!#$%&'*+.^_`|~0-9A-Za-z]+"

HeaderName = Annotated[
    str,
    StringConstraints(to_lower=True),
    shaped(_TOKEN, "must be the name of a header: letters, digits and -"),
]
"""The name of an HTTP header, in any case."""

MatchedHeaderName = Annotated[
    str,
    StringConstraints(to_lower=True),
    shaped(rf"{_TOKEN}|:(authority|method|path|scheme)", "must be the name of a header: letters, digits and -"),
]
"""The name of an HTTP header, in any case, or one of HTTP/2's `:authority`, `:method`, `:path` and `:scheme`."""

HeaderValue = Annotated[
    str,
    shaped(
        # as Istio takes Envoy's variables apart: %NAME% or %NAME(arguments)%
        r"(?:[^%\x00-\x08\x0a-\x1f\x7f]|%%|%[^%(\n]+(?:\((?:[^)\\\n]|\\.)*\) *)?%)*",
        "must be one line, with %% for a percent sign: a single one begins a variable, as in %REQ(x-id)%",
    ),
]
"""The value of an HTTP header: one line. `%REQ(x-id)%` is one of Envoy's variables, `%%` a percent sign."""


def _changeable(name: str) -> str:
    if name == "host":
        raise ValueError("the Host header is not one that can be added or removed")
    return name


ChangedHeaderName = Annotated[HeaderName, AfterValidator(_changeable)]
"""The name of a header that can be added or removed: any but Host."""


def header_names(names: Many[str]) -> tuple[str, ...]:
    """Names of headers as a set: each once, in order."""
    return tuple(sorted(set(names)))


def _each_once(headers: Any) -> Any:
    if isinstance(headers, Mapping):
        names = [name.lower() for name in headers if isinstance(name, str)]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            raise ValueError(f"{name} is given twice")
    return headers


def _in_order(headers: dict[str, str]) -> FrozenTexts:
    return FrozenTexts(sorted(headers.items()))


AddedHeaders = Annotated[dict[ChangedHeaderName, HeaderValue], BeforeValidator(_each_once), AfterValidator(_in_order)]
"""Headers by name, each with its value."""
