"""Python arguments: typed models become the expressions that a person would write for them.

References and selectors are written by the library's short functions (`service`, `subset`, ...), everything else by the
constructor of its type with the fields that were asked for.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from keyword import iskeyword
from typing import Any

from meshhub_pulumi.model.destination import FailoverRef, ServiceMatcher, ServiceRef
from meshhub_pulumi.model.identity import IdentityMatcher, ServiceAccountRef
from meshhub_pulumi.model.late import is_late
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.model.topology import Cluster
from meshhub_pulumi.report.asked import asked

PROVIDER = "provider"
"""The function of a program that makes the provider of a cluster."""


def call(name: str, positional: Iterable[Any], named: Mapping[str, Any]) -> ast.Call:
    """`name(...)` with the values as arguments."""
    keywords = [ast.keyword(field, expression(value)) for field, value in named.items()]
    return ast.Call(ast.Name(name), [expression(value) for value in positional], keywords)


def expression(value: Any) -> ast.expr:
    """The expression that makes a value anew."""
    match value:
        case ast.expr():
            return value
        case MeshModel():
            return SHORT.get(type(value), _constructor)(value)
        case Mapping():
            return ast.Dict([ast.Constant(key) for key in value], [expression(item) for item in value.values()])
        case list() | tuple():
            return ast.List([expression(item) for item in value])
        case _:
            return ast.Constant(repr(value) if is_late(value) else value)


def _constructor(value: MeshModel) -> ast.expr:
    given, fields = asked(value), type(value).model_fields
    positional = [given.pop(name) for name in list(given) if fields[name].kw_only is False]
    return call(type(value).__name__, positional, given)


def _cluster(value: MeshModel) -> ast.expr:
    given = asked(value)
    name = given.pop("name")
    return call("Cluster", [name], {"provider": call(PROVIDER, [name], {}), **given})


def _short(name: str, *positional: str) -> Callable[[MeshModel], ast.expr]:
    """A short function that takes these fields by position and the others by name."""

    def written(value: MeshModel) -> ast.expr:
        given = asked(value)
        return call(name, [given.pop(field) for field in positional], given)

    return written


_service = _short("service", "name", "namespace")


def _service_or_subset(value: MeshModel) -> ast.expr:
    assert isinstance(value, ServiceRef)
    if not value.subset:
        return _service(value)
    whole = _service(value.model_copy(update={"subset": type(value.subset)()}))
    if all(name.isidentifier() and not iskeyword(name) for name in value.subset):
        return call("subset", [whole], value.subset)
    return call("subset", [whole, value.subset], {})


SHORT: Mapping[type, Callable[[MeshModel], ast.expr]] = {
    Cluster: _cluster,
    FailoverRef: _short("failover", "failover_service", "namespace"),
    IdentityMatcher: _short("identities"),
    ServiceAccountRef: _short("service_account", "service_account", "namespace"),
    ServiceMatcher: _short("services"),
    ServiceRef: _service_or_subset,
}
"""The models that a short function makes."""
