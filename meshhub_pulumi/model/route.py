"""Routes: which requests a policy is about, and in which order routes are tried."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from meshhub_pulumi.model.header import MatchedHeaderName
from meshhub_pulumi.model.plugin import RouteKey
from meshhub_pulumi.model.regex import Regex, check_regex, fits
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.workload import WorkloadSelector

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "CONNECT", "OPTIONS", "TRACE", "PATCH")
"""In Service Mesh Hub's order: its documents count by it, and its routes are sorted by it."""

Method = Literal["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]


_MOST_DOUBLED = 4


class HeaderMatch(MeshModel):
    """A header: its value, or (with `regex`) an expression that fits the whole value; no value means presence.

    `invert` turns it round: no such header, or one with another value. The expression is RE2's, as that of a path.
    """

    name: MatchedHeaderName = Field(kw_only=False)
    value: str = ""
    regex: bool = False
    invert: bool = False

    @model_validator(mode="after")
    def _value_is_an_expression(self) -> HeaderMatch:
        if self.regex and self.value:
            check_regex(self.value)
        return self

    @property
    def excludes_empty(self) -> bool:
        """Whether an expression keeps an empty value out, along with others."""
        return self.invert and self.regex and bool(self.value) and fits(self.value, "")


class QueryMatch(MeshModel):
    """A query parameter: its value or (with `regex`) an RE2 expression for it; no value means presence."""

    name: str = Field(kw_only=False, min_length=1)
    value: str = ""
    regex: bool = False

    @model_validator(mode="after")
    def _value_is_an_expression(self) -> QueryMatch:
        if self.regex and self.value:
            check_regex(self.value)
        return self


def _by_name(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(sorted(items, key=lambda item: (item.name, getattr(item, "invert", False))))


class HttpMatch(MeshModel):
    """The condition of a route: all given parts must hold; the path is one of prefix, exact or regex.

    Headers and query parameters are kept in order of their names, so that equal conditions are equal.

    The first route that fits a request takes it. First come exact paths, then those by regex, by prefix, and routes
    without a path; among equals the longer path (then the first by alphabet), more headers, more query parameters,
    more labels of callers, the callers' namespace (the last by alphabet first, none last), a method (from PATCH down to
    GET) before none, more inverted headers, the lower port, values before expressions and these before mere presence
    (inverted: the other way round), and at last the text of the conditions. A route without any condition comes after
    all others.
    """

    prefix: str | None = None
    exact: str | None = None
    regex: Regex | None = None
    headers: Annotated[Many[HeaderMatch], AfterValidator(_by_name)] = ()
    query_parameters: Annotated[Many[QueryMatch], AfterValidator(_by_name)] = ()
    method: Method | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> HttpMatch:
        if sum(part is not None for part in (self.prefix, self.exact, self.regex)) > 1:
            raise ValueError("give one of prefix, exact and regex")
        said = [(header.name, header.invert) for header in self.headers]
        said += [(f"query parameter {parameter.name}", False) for parameter in self.query_parameters]
        # Istio keeps one condition for each name: a second one would be lost
        for name in dict.fromkeys(name for name, _ in said if said.count((name, _)) > 1):
            raise ValueError(f"{name} is given twice")
        if sum(header.excludes_empty for header in self.headers) > _MOST_DOUBLED:
            # each of them doubles what is rendered
            raise ValueError(f"at most {_MOST_DOUBLED} inverted expressions may fit an empty value, as in `a*`")
        return self


_ANYBODY, _ANYTHING = WorkloadSelector(), HttpMatch()


def route_keys(
    sources: Many[WorkloadSelector], matches: Many[HttpMatch], ports: Many[int | None], apart: str = ""
) -> list[RouteKey]:
    """A route for every combination of caller, match and port."""
    return [
        _key(namespace, source.labels, match, port, apart)
        for source in (sources or (_ANYBODY,))
        for namespace in (source.namespaces or (None,))
        for match in (matches or (_ANYTHING,))
        for port in ports
    ]


def _key(namespace: str | None, labels: dict[str, str], match: HttpMatch, port: int | None, apart: str) -> RouteKey:
    source = (("namespace", namespace), ("labels", tuple(labels.items())))
    return RouteKey(_order(namespace, labels, match, port, apart), source, match, port, apart)


def _order(
    namespace: str | None, labels: dict[str, str], match: HttpMatch, port: int | None, apart: str
) -> tuple[object, ...]:
    """Ascending is most specific first: Service Mesh Hub's order, made total."""
    kind, path = next(
        ((rank, text) for rank, text in enumerate((match.exact, match.regex, match.prefix)) if text is not None),
        (3, ""),
    )
    plain = sum(not header.invert for header in match.headers)
    empty = kind == 3 and not (match.headers or match.query_parameters or match.method or labels or namespace)
    return (
        empty,
        kind,
        -len(path),
        path,
        -plain,
        -len(match.query_parameters),
        -len(labels),
        _descending(namespace or ""),
        -METHODS.index(match.method) if match.method else 1,
        plain - len(match.headers),
        port or 0,
        sum(_wideness(header.value, header.regex, header.invert) for header in match.headers)
        + sum(_wideness(parameter.value, parameter.regex) for parameter in match.query_parameters),
        repr((match.headers, match.query_parameters, sorted(labels.items()))),
        apart,
    )


def _wideness(value: str, regex: bool, invert: bool = False) -> int:
    """A value is narrower than an expression, and that than mere presence; inverted, it is the other way round."""
    wide = 2 if not value else 1 if regex else 0
    return 2 - wide if invert else wide


def _descending(text: str) -> tuple[int, ...]:
    return (*(-ord(letter) for letter in text), 1)
