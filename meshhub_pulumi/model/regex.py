"""Regular expressions: RE2's, because Envoy runs them; what RE2 lacks would be refused only on the way to a cluster."""

from __future__ import annotations

from typing import Annotated

import re2  # type: ignore[import-untyped]  # it has neither stubs nor a py.typed mark
from pydantic import AfterValidator

_LONGEST = 1024
"""Istio's bound on the length of an expression."""

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False  # what is wrong is told by an error, not on standard error


def check_regex(text: str) -> str:
    """The expression as it is; raises ValueError, which quotes the part at fault, where Istio or Envoy refuses it."""
    if fault := regex_fault(text):
        what, where = fault
        raise ValueError(f"{what} `{where}`" if where else what)
    return text


def regex_fault(text: str) -> tuple[str, str] | None:
    """Why Istio or Envoy would refuse an expression, and the part of it at fault, which is all that it quotes."""
    if not text:
        return "a regular expression must not be empty", ""
    if len(text) > _LONGEST:
        return f"a regular expression has at most {_LONGEST} characters (got {len(text)})", ""
    try:
        re2.compile(text, _OPTIONS)
    except re2.error as error:
        what, _, where = error.args[0].decode(errors="replace").partition(": ")
        sentence = "not a regular expression of RE2, which Envoy runs (no lookaround, no backreferences)"
        return f"{sentence}: {what}", where
    except UnicodeEncodeError:
        return "a regular expression must not hold halves of characters (lone surrogates)", ""
    return None


def fits(regex: str, text: str) -> bool:
    """Whether a checked expression fits a text as a whole."""
    return re2.fullmatch(regex, text, _OPTIONS) is not None


Regex = Annotated[str, AfterValidator(check_regex)]
"""A regular expression of RE2 (no lookaround or backreferences), at most 1024 characters, that fits the whole text."""
