"""The base of everything a user may write: frozen, closed, spelled in snake_case or camelCase.

All faults of one object come in one `ArgsError`, each with its path. Fields declared with
`Field(kw_only=False)` may be given by position (`Cluster("kind2", ...)`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Tag, ValidationError
from pydantic.alias_generators import to_camel

from meshhub_pulumi.model.error import Problem, args_error
from meshhub_pulumi.model.path import format_path

T = TypeVar("T")
M = TypeVar("M", bound="MeshModel")

Many = Annotated[Sequence[T], AfterValidator(tuple)]
"""A list that is kept as a tuple, so that a frozen model stays frozen."""


class MeshModel(BaseModel):
    """Base of the typed arguments; equal to a mapping with the same keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )

    def __init__(self, *args: Any, **data: Any) -> None:
        positional = [name for name, field in type(self).model_fields.items() if field.kw_only is False]
        if len(args) > len(positional):
            raise TypeError(f"{type(self).__name__} takes {len(positional)} positional arguments")
        try:
            super().__init__(**dict(zip(positional, args, strict=False)), **data)
        except ValidationError as error:
            raise args_error(type(self).__name__, problems_of(error, type(self))) from None

    # pydantic asks for this mark: without it nested mappings would be validated through __init__,
    # and their faults would lose their paths
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


def parse(model: type[M], value: M | Mapping[str, Any] | None, title: str) -> M:
    """A model from itself, an equal mapping or nothing; raises `ArgsError` named `title` with every fault."""
    if isinstance(value, model):
        return value
    try:
        return model.model_validate({} if value is None else value)
    except ValidationError as error:
        raise args_error(title, problems_of(error, model)) from None


def problems_of(error: ValidationError, model: type[BaseModel], most: int | None = None) -> list[Problem]:
    """Pydantic's report as problems, or the first of it: paths as typed, what to write instead, never the value."""
    return [
        Problem(format_path(fault["loc"]), _reason(fault, model))
        for fault in error.errors(include_input=True, include_url=False)[:most]
    ]


def _reason(fault: Any, model: type[BaseModel]) -> str:
    match fault["type"]:
        case "extra_forbidden":
            near = get_close_matches(str(fault["loc"][-1]), fields_at(model, fault["loc"][:-1]), n=1)
            return f"unknown field; did you mean {near[0]}?" if near else "unknown field"
        case "missing":
            return "required, but missing"
        case "value_error":
            return str(fault["ctx"]["error"])
        case "model_type" | "dict_type" | "model_attributes_type":
            return "must be an object"
        case "sequence_str" | "list_type" | "tuple_type" | "is_instance_of":
            return "must be a list"
        case "less_than_equal" | "greater_than_equal" | "int_parsing" | "int_type" | "literal_error" | "enum":
            # numbers and words of a closed list are never secrets, and seeing them saves a look-up
            return f"{_lowered(fault['msg'])} (got {_short(fault['input'])})"
        case _:
            return _lowered(fault["msg"])


def fields_at(model: type[BaseModel], steps: Sequence[str | int]) -> list[str]:
    """Every name, in both spellings, that a field may have at a path below a model."""
    here: list[_Tagged] = [(None, model)]
    for step in steps:
        if any(tag == step for tag, _ in here):
            here = [(tag, at) for tag, at in here if tag == step]
        elif below := [found for _, at in here if (field := _field(at, step)) for found in _models_in(field)]:
            here = below
    return [name for _, at in here for field, info in at.model_fields.items() for name in (field, info.alias or field)]


_Tagged = tuple[str | None, type[BaseModel]]


def _field(model: type[BaseModel], step: str | int) -> Any:
    fields = model.model_fields.items()
    return next((info.annotation for name, info in fields if step in (name, info.alias)), None)


def _models_in(annotation: Any, tag: str | None = None) -> Iterator[_Tagged]:
    """The models in an annotation, each with the tag by which its union chooses it."""
    if get_origin(annotation) is None:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield tag, annotation
        return
    tag = next((x.tag for x in getattr(annotation, "__metadata__", ()) if isinstance(x, Tag)), tag)
    for inner in get_args(annotation):
        yield from _models_in(inner, tag)


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
