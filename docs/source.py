"""Source: what a module's text says and the running code no longer knows, such as annotations as they were written.

Pydantic takes annotations apart, and an alias like `Duration` is an ordinary `Annotated[str, ...]` by then. Its name
and the sentence below it are what a reader needs, so both are taken from the syntax tree.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import getsource

from pydantic import BaseModel


@dataclass(frozen=True)
class Alias:
    """A name for a type: where it is defined, as what, and what its author says of it."""

    name: str
    module: str
    node: ast.expr
    says: str


def find(name: str, module: str) -> Alias | type[BaseModel] | None:
    """What a name in a module's annotations stands for; None where the package does not define it."""
    known = getattr(import_module(module), name, None)
    if isinstance(known, type) and issubclass(known, BaseModel):
        return known
    body = tree_of(module).body
    for statement, following in zip(body, [*body[1:], None], strict=True):
        match statement:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                return Alias(name, module, value, _text(following))
            case ast.ImportFrom(module=str(origin), names=names) if origin.startswith("meshhub_pulumi"):
                if any(name == (imported.asname or imported.name) for imported in names):
                    return find(name, origin)
    return None


def annotations_of(model: type[BaseModel]) -> dict[str, tuple[ast.expr, str]]:
    """The annotation of every field, inherited ones first, with the module whose names it uses."""
    found: dict[str, tuple[ast.expr, str]] = {}
    for owner in reversed(model.__mro__):
        if not issubclass(owner, BaseModel) or not owner.__module__.startswith("meshhub_pulumi"):
            continue
        for statement in _class(owner).body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if name in model.model_fields:
                    found[name] = (annotation, owner.__module__)
    return found


@cache
def tree_of(module: str) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(getsource(import_module(module)))


def _class(model: type) -> ast.ClassDef:
    return next(x for x in tree_of(model.__module__).body if isinstance(x, ast.ClassDef) and x.name == model.__name__)


def _text(statement: ast.stmt | None) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
        case _:
            return ""
