"""Models: the typed arguments become sections with a table of fields, types in words, both spellings, defaults."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.source import Alias, annotations_of, find

PROGRAM_ONLY = {("Cluster", "provider"), ("VirtualMeshArgs", "policies"), ("VirtualMeshArgs", "snapshot")}
"""Fields that YAML cannot give, as model and field."""

_BUILT_IN: Mapping[str, str] = {
    "Any": "any value",
    "Path": "file",
    "bool": "`true` or `false`",
    "float": "number",
    "int": "whole number",
    "str": "text",
}
_LIMITS: Mapping[str, str] = {"ge": "at least {}", "le": "at most {}", "min_length": "at least {}"}


class Sections:
    """The sections of a page: each model and alias once, in the order in which they are first mentioned."""

    def __init__(self, titles: Mapping[type[BaseModel], str]) -> None:
        """`titles` are those of the models that get a section of their own by `titled`."""
        self._titles = titles
        self._models: dict[type[BaseModel], str] = {}
        self._aliases: dict[str, str] = {}
        self._pending: list[type[BaseModel] | Alias] = []

    def titled(self, model: type[BaseModel]) -> str:
        """The section of a model that has a title of its own."""
        return f"## {self._titles[model]}\n\n{self._body(model)}"

    def parts(self) -> str:
        """Sections for everything that was mentioned and has none yet, the models first."""
        while self._pending:
            item = self._pending.pop(0)
            if isinstance(item, Alias):
                form = self._describe(item.node, item.module)
                self._aliases[item.name] = f"### {item.name}\n\n{_reflowed(item.says)}\n\nForm: {form}.\n"
            else:
                self._models[item] = f"### {item.__name__}\n\n{self._body(item)}"
        models = sorted(self._models.values())
        return "\n".join(["## Parts\n", *models, "## Values\n", *(text for _, text in sorted(self._aliases.items()))])

    def _body(self, model: type[BaseModel]) -> str:
        fields = [self._row(model, name, node, module) for name, (node, module) in annotations_of(model).items()]
        table = ["| Field | In YAML | Value | Default |", "|---|---|---|---|", *fields]
        return "\n".join([_reflowed(inspect.getdoc(model) or ""), "", *table, ""])

    def _row(self, model: type[BaseModel], name: str, node: ast.expr, module: str) -> str:
        info = model.model_fields[name]
        spelled = f"`{info.alias or name}`"
        if (model.__name__, name) in PROGRAM_ONLY:
            spelled = "in programs only"
        elif name in ("name", "namespace") and model.__name__.endswith("Args"):
            spelled = f"`metadata.{name}`"
        return f"| `{name}` | {spelled} | {self._describe(node, module)} | {_default(info)} |"

    def _mention(self, item: type[BaseModel] | Alias) -> str:
        if isinstance(item, Alias):
            name = title = item.name
            new = name not in self._aliases
            self._aliases.setdefault(name, "")
        else:
            name, title = item.__name__, self._titles.get(item, item.__name__)
            new = item not in self._titles and item not in self._models
            self._models.update({item: ""} if new else {})
        if new:
            self._pending.append(item)
        return f"[{name}](#{title.lower().replace(' ', '-')})"

    def _describe(self, node: ast.expr, module: str) -> str:
        """A type in words."""
        match node:
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                parts = [self._describe(x, module) for x in (left, right) if not _is_none(x)]
                return " or ".join(parts)
            case ast.Name(id=name):
                return self._named(name, module)
            case ast.Subscript(value=ast.Name(id=outer), slice=inner):
                return self._composed(outer, inner, module)
            case _:
                raise ValueError(f"{module}: no words for the type {ast.unparse(node)}")

    def _named(self, name: str, module: str) -> str:
        found = find(name, module)
        if found is None:
            return _BUILT_IN[name]
        if isinstance(found, Alias) and not found.says:
            return self._describe(found.node, found.module)
        return self._mention(found)

    def _composed(self, outer: str, inner: ast.expr, module: str) -> str:
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        match outer:
            case "Literal":
                return " or ".join(f"`{ast.literal_eval(part)}`" for part in parts)
            case "Annotated":
                return "".join([self._describe(parts[0], module), *_notes(parts[1:])])
            case "In":
                return f"{self._describe(parts[0], module)} (may be late)"
            case "Many":
                inside = self._describe(parts[0], module)
                return f"list, each {inside}" if " or " in inside else f"list of {inside}"
            case "dict":
                key, value = (self._describe(part, module) for part in parts)
                return f"mapping of {key} to {value}"
            case _:
                raise ValueError(f"{module}: no words for {outer}")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _notes(marks: Iterable[ast.expr]) -> Iterable[str]:
    """What an annotation adds to its type: limits, and what a pattern demands."""
    for mark in marks:
        match mark:
            case ast.Call(func=ast.Name(id="Field"), keywords=keywords):
                limits = ((_LIMITS.get(keyword.arg or ""), keyword.value) for keyword in keywords)
                yield from (f", {limit.format(ast.literal_eval(value))}" for limit, value in limits if limit)
            case ast.Call(func=ast.Name(id="shaped"), args=[_, ast.Constant(value=str(sentence))]):
                yield f" ({_escaped(sentence)})"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if value is None or value in ({}, (), ""):
        return ""
    return f"`{_flow(value)}`"


def _flow(value: Any) -> str:
    plain = dict(value) if isinstance(value, dict) else value
    text = yaml.safe_dump(plain, default_flow_style=True, sort_keys=False, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")


def _escaped(sentence: str) -> str:
    return sentence.replace("*", r"\*")


def _reflowed(text: str) -> str:
    """A docstring's paragraphs, each on one line, as Markdown wants them."""
    return "\n\n".join(re.sub(r"\s+", " ", paragraph).strip() for paragraph in text.strip().split("\n\n"))
