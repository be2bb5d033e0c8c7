"""Tables: a foreign document's fields, as data, become the fields of one of our models.

A table has a row for each key of a mapping; a row says where its value goes and in which shape:

    "retries": To("retries", table({"attempts": To("attempts"), "perTryTimeout": To("per_try_timeout")}))

Every path that is translated is kept, so that findings about our fields can be told in the document's spelling.
What a row cannot take, and every key without a row, is a fault: nothing that was asked for disappears.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic.alias_generators import to_camel

from meshhub_pulumi.readers.fault import unknown_field
from meshhub_pulumi.readers.place import below
from meshhub_pulumi.readers.smh.translation import LEFT_OUT, At, RefusedError, Translation

Shape = Callable[[Any, At, Translation], Any]
"""A value of the document becomes one of ours."""


class Row(Protocol):
    """What becomes of one key's value; the mapping is the one of ours that the table fills."""

    def read(self, value: Any, into: dict[str, Any], at: At, out: Translation, /) -> None:
        """Put a value where it belongs."""

    def learn(self, at: At, out: Translation, /) -> None:
        """Tell where a value would stand that the document leaves out."""


Rows = Mapping[str, Row]


def fill(rows: Rows, given: Any, into: dict[str, Any], at: At, out: Translation) -> None:
    """Read a mapping by its table; `at.ours` is the path of `into`."""
    if not isinstance(given, Mapping):
        out.fault(at.theirs, "must be a mapping")
        return
    written = keys_of(given, rows, at.theirs, out)
    for key, row in rows.items():
        here = At(at.ours, below(at.theirs, written.get(key, key)))
        if key in written and given[written[key]] is not None:
            row.read(given[written[key]], into, here, out)
        else:
            row.learn(here, out)


def keys_of(given: Mapping[Any, Any], known: Iterable[str], theirs: str, out: Translation) -> dict[str, str]:
    """How a mapping writes each known key that it has; protobuf takes snake_case for camelCase. Others are faults."""
    names = frozenset(known)
    written: dict[str, str] = {}
    for key in given:
        name = key if key in names else to_camel(str(key))
        if name in written:
            out.fault(below(theirs, key), f"{below(theirs, written[name])} says the same; give one of the two")
        elif name in names:
            written[name] = key
        elif out.closed:
            out.fault(below(theirs, str(key)), unknown_field(str(key), names))
    return written


def check_one(given: Any, names: Sequence[str], theirs: str, out: Translation) -> None:
    """Of several keys a mapping must have one, and no more: what protobuf calls a oneof."""
    if names and isinstance(given, Mapping):
        written = [key for key in given if {key, to_camel(str(key))} & {*names} and given[key] is not None]
        if len(written) != 1:
            out.fault(below(theirs, written[-1] if written else names[0]), f"give one of {' and '.join(names)}")


# --- shapes --------------------------------------------------------------------------------------------------


def same(value: Any, _at: At, _out: Translation) -> Any:
    """The value as it is."""
    return value


def convert(how: Callable[[Any], Any]) -> Shape:
    """A value made by a function, which raises `RefusedError` for what it cannot take."""
    return lambda value, _at, _out: how(value)


def unless_zero(value: Any) -> Any:
    """Zero is what protobuf calls a number that is not given."""
    return LEFT_OUT if value == 0 and not isinstance(value, bool) else value


def table(rows: Rows) -> Shape:
    """A mapping, read by a table."""

    def shape(value: Any, at: At, out: Translation) -> dict[str, Any]:
        into: dict[str, Any] = {}
        fill(rows, value, into, at, out)
        return into

    return shape


def each(item: Shape) -> Shape:
    """A list whose items all have one shape."""

    def shape(value: Any, at: At, out: Translation) -> Any:
        if not isinstance(value, list):
            raise RefusedError("must be a list")
        made = []
        for index, one in enumerate(value):
            here = at.item(index)
            out.learn(here.ours, here.theirs)
            made.append(_shaped(item, one, here, out))
        return [one for one in made if one is not LEFT_OUT]

    return shape


def some(items: Shape) -> Shape:
    """A list that is not empty."""

    def shape(value: Any, at: At, out: Translation) -> Any:
        if value == []:
            raise RefusedError("must name one at least")
        return items(value, at, out)

    return shape


def _shaped(shape: Shape, value: Any, at: At, out: Translation) -> Any:
    try:
        return shape(value, at, out)
    except RefusedError as error:
        out.fault(at.theirs, str(error), error.code)
        return LEFT_OUT


# --- rows ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class To:
    """The value becomes the field `ours`. `required`: our model could do without it, the document's kind cannot."""

    ours: str
    shape: Shape = same
    required: bool = False

    def read(self, value: Any, into: dict[str, Any], at: At, out: Translation) -> None:
        """Set the field, once."""
        here = At(below(at.ours, self.ours), at.theirs)
        if self.ours in into:
            out.fault(at.theirs, f"{out.spelled[here.ours]} says the same; give one of the two")
            return
        out.spelled[here.ours] = at.theirs
        made = _shaped(self.shape, value, here, out)
        if made is not LEFT_OUT:
            into[self.ours] = made

    def learn(self, at: At, out: Translation) -> None:
        """The field would stand here."""
        out.learn(below(at.ours, self.ours), at.theirs)
        if self.required:
            out.fault(at.theirs, "required, but missing")


@dataclass(frozen=True, slots=True)
class Into:
    """The value is a mapping whose fields belong where the value itself stands; of `one_of` it has one."""

    rows: Rows
    one_of: Sequence[str] = ()

    def read(self, value: Any, into: dict[str, Any], at: At, out: Translation) -> None:
        """Read the mapping into the surrounding one."""
        fill(self.rows, value, into, at, out)
        check_one(value, self.one_of, at.theirs, out)

    def learn(self, at: At, out: Translation) -> None:
        """Its fields would stand below here."""
        for key, row in self.rows.items():
            if not (isinstance(row, To) and row.required):
                row.learn(At(at.ours, below(at.theirs, key)), out)


@dataclass(frozen=True, slots=True)
class Not:
    """The value is not taken, and the reason is reported; `idle` is a value that asks for nothing."""

    message: str
    code: str = "MH302"
    idle: Any = None

    def read(self, value: Any, _into: dict[str, Any], at: At, out: Translation) -> None:
        """Report it."""
        if value != self.idle:
            out.fault(at.theirs, self.message, self.code)

    def learn(self, _at: At, _out: Translation) -> None:
        """Nothing would stand here."""


@dataclass(frozen=True, slots=True)
class Needless:
    """The value says nothing that matters here."""

    def read(self, _value: Any, _into: dict[str, Any], _at: At, _out: Translation) -> None:
        """Leave it."""

    def learn(self, _at: At, _out: Translation) -> None:
        """Nothing would stand here."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The key is a mistake that articles spread; its value is read as `row` reads it, and `message` says so."""

    row: Row
    message: str

    def read(self, value: Any, into: dict[str, Any], at: At, out: Translation) -> None:
        """Report it, and read it."""
        out.fault(at.theirs, self.message, "MH130")
        self.row.read(value, into, at, out)

    def learn(self, _at: At, _out: Translation) -> None:
        """Nothing should stand here."""
