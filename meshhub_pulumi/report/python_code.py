"""Python code: expressions become text as `ruff format` leaves it, in lines of 120 letters.

Expressions are those of the module `ast`, so nothing that a user wrote is ever pasted into code: texts become literals,
names are only those that the library chose. A text that is longer than a line is written in pieces.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from unicodedata import combining, east_asian_width

WIDTH = 120
_STEP = 4
_LEAST = 40
"""A text is not taken into pieces smaller than this, however deep it stands."""

Item = tuple[str, ast.expr]
"""One thing between brackets: what stands before it on its line (`timeout=`), and the value."""


def print_expression(node: ast.expr, *, indent: int, used: int, after: int = 0) -> str:
    """The code of an expression that begins after `used` letters of a line, with `after` letters to follow its end."""
    flat = print_flat(node)
    if used + _width(flat) + after <= WIDTH:
        return flat
    match node:
        case ast.Call():
            return _broken(f"{print_flat(node.func)}(", _arguments(node), ")", indent, one_line=True)
        case ast.List():
            return _broken("[", [("", item) for item in node.elts], "]", indent)
        case ast.Dict():
            return _broken("{", _entries(node), "}", indent)
        case ast.Constant(value=str(text)):
            return _in_pieces(text, indent)
        case _:
            return flat


def print_flat(node: ast.expr) -> str:
    """The code of an expression on one line."""
    match node:
        case ast.Call():
            return f"{print_flat(node.func)}({_flat(_arguments(node))})"
        case ast.List():
            return f"[{_flat(('', item) for item in node.elts)}]"
        case ast.Dict():
            return f"{{{_flat(_entries(node))}}}"
        case ast.Constant(value=str(text)):
            return _literal(text)
        case _:
            return ast.unparse(node)


def _arguments(node: ast.Call) -> list[Item]:
    return [*(("", value) for value in node.args), *((f"{named.arg}=", named.value) for named in node.keywords)]


def _entries(node: ast.Dict) -> list[Item]:
    return [(f"{print_flat(key)}: ", value) for key, value in zip(node.keys, node.values, strict=True) if key]


def _flat(items: Iterable[Item]) -> str:
    return ", ".join(f"{before}{print_flat(value)}" for before, value in items)


def _broken(start: str, items: Sequence[Item], end: str, indent: int, *, one_line: bool = False) -> str:
    """What stands between brackets on lines of its own: arguments on one, where they fit, else each on one."""
    inner = indent + _STEP
    pad = " " * inner
    if one_line and inner + _width(flat := _flat(items)) <= WIDTH:
        return f"{start}\n{pad}{flat}\n{' ' * indent}{end}"
    comma = "," if len(items) > 1 else ""
    lines = [
        f"{pad}{before}"
        + print_expression(value, indent=inner, used=inner + _width(before), after=len(comma))
        + f"{comma}\n"
        for before, value in items
    ]
    return f"{start}\n{''.join(lines)}{' ' * indent}{end}"


def _in_pieces(text: str, indent: int) -> str:
    """A text that is too long for its line, in parentheses: on a line of its own, or as several literals."""
    pad, room = " " * (indent + _STEP), max(WIDTH - indent - _STEP, _LEAST)
    pieces = [text] if _width(_literal(text)) <= room else _pieces(text, room - len('""'))
    lines = "".join(f"{pad}{_literal(piece)}\n" for piece in pieces)
    return f"(\n{lines}{' ' * indent})"


def _pieces(text: str, room: int) -> list[str]:
    pieces, width = [""], 0
    for letter in text:
        need = len("\\'") if letter in "\"'" else _width(_literal(letter)) - len('""')
        if width + need > room:
            pieces.append("")
            width = 0
        pieces[-1] += letter
        width += need
    return pieces


def _literal(text: str) -> str:
    """A text in double quotes, unless single ones save more than they cost; all that is not printable is escaped."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(f"\\{x}" if x == quote else x if x in "\"'" else repr(x)[1:-1] for x in text) + quote


def _width(text: str) -> int:
    """The columns that a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)
