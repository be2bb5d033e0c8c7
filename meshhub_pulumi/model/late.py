"""Late leaves: values that are unknown until the deployment runs, such as a load balancer's address.

A late leaf is recognised by its shape (something to wait for: a Pulumi Output or an awaitable), never by its
class, because the model knows nothing of Pulumi. It travels untouched through the whole compile: it is compared
by identity, printed as `<late: path>`, and nothing asks for its value. What a compile would have computed from it
becomes a `Derived` leaf, a plain description of the computation. Components turn both into Outputs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, SchemaValidator, core_schema

if TYPE_CHECKING:
    import pulumi

T = TypeVar("T")


# Late and Derived are plain classes: pydantic would take a dataclass apart when it dumps a model


class Late:
    """A value that arrives later, with the check it must pass then and the path that a message names."""

    __slots__ = ("_later", "path", "source")

    def __init__(self, source: Any, later: SchemaValidator, path: str = "") -> None:
        self.source, self._later, self.path = source, later, path

    def check(self, value: Any) -> Any:
        """The parsed value, or a ValueError that names the path and never the value (it may be a secret)."""
        try:
            return self._later.validate_python(value)
        except ValidationError as error:
            reasons = "; ".join(x["msg"] for x in error.errors(include_input=False, include_url=False))
            raise ValueError(f"{self.path}: {reasons}") from None

    def __repr__(self) -> str:
        return f"<late: {self.path}>"


class Derived:
    """`compute(*parts)`, to be done once every late part has arrived.

    Where the parts do not fit it raises a ValueError, whose message never holds a part: each may be a secret.
    """

    __slots__ = ("compute", "parts")

    def __init__(self, compute: Callable[..., Any], parts: tuple[Any, ...]) -> None:
        self.compute, self.parts = compute, parts

    @property
    def path(self) -> str:
        """Where its late parts stand."""
        return ", ".join(part.path for part in self.parts if isinstance(part, Late))

    def __eq__(self, other: object) -> bool:
        """Two specs that ask for the same computation of the same leaves ask for one value."""
        return isinstance(other, Derived) and (self.compute, self.parts) == (other.compute, other.parts)

    def __hash__(self) -> int:
        return hash((self.compute, self.parts))

    def __repr__(self) -> str:
        return f"<late: {self.path}>"


def unknown(path: str) -> Late:
    """A late value that nobody can wait for: all that is known of it is where it stands."""
    return Late(None, SchemaValidator(core_schema.any_schema()), path)


def is_late(value: Any) -> bool:
    """Whether a leaf's value is not known while compiling."""
    return isinstance(value, Late | Derived)


def derive(compute: Callable[..., Any], *parts: Any) -> Any:
    """`compute(*parts)` now if all parts are known, else a `Derived` leaf that says so."""
    return Derived(compute, parts) if any(map(is_late, parts)) else compute(*parts)


def comes_later(value: Any) -> bool:
    """Whether a value given by a user has the shape of something to wait for."""
    return isawaitable(value) or (callable(getattr(value, "apply", None)) and callable(getattr(value, "future", None)))


class _MayBeLate:
    """Annotation that lets a leaf be late: plain values are validated at once, late ones when they arrive."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        plain = handler(source)  # with the checks that T itself is annotated with
        later = SchemaValidator(plain)

        def validate(value: Any, inner: core_schema.ValidatorFunctionWrapHandler) -> Any:
            if isinstance(value, Late):
                return value
            return Late(value, later) if comes_later(value) else inner(value)

        def serialize(value: Any, inner: core_schema.SerializerFunctionWrapHandler) -> Any:
            return value if isinstance(value, Late) else inner(value)

        return core_schema.no_info_wrap_validator_function(
            validate,
            plain,
            serialization=core_schema.wrap_serializer_function_ser_schema(serialize, schema=plain),
        )


if TYPE_CHECKING:
    In = Union[T, Awaitable[T], pulumi.Output[T]]  # noqa: UP007 (the operator does not take a TypeVar here)
else:
    In = Annotated[T, _MayBeLate()]
"""`In[T]`: a leaf that takes a plain T, an awaitable of it or a Pulumi Output of it."""


def bind_paths(value: Any, at: str = "") -> None:
    """Tell every late leaf below `value` where it stands, so that a late error can name its path."""
    match value:
        case Late():
            value.path = at
        case Mapping():
            for key, item in value.items():
                bind_paths(item, f'{at}["{key}"]')
        case list() | tuple():
            for index, item in enumerate(value):
                bind_paths(item, f"{at}[{index}]")
        case _ if hasattr(type(value), "model_fields"):
            for name in type(value).model_fields:
                bind_paths(getattr(value, name), f"{at}.{name}" if at else name)
