"""Durations: one spelling for each length, and no other text."""

from __future__ import annotations

import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from meshhub_pulumi.model.units import Duration, milliseconds

amounts = st.integers(min_value=0, max_value=10**6)


@given(st.tuples(amounts, amounts, amounts, amounts).filter(any))
def test_durations_keep_their_length(parts: tuple[int, int, int, int]) -> None:
    """A duration is written in one way, of the same length, and that way is left as it is."""
    text = "".join(f"{amount}{unit}" for amount, unit in zip(parts, ("h", "m", "s", "ms"), strict=True) if amount)
    parse = TypeAdapter(Duration).validate_python
    length = timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2], milliseconds=parts[3])
    assert milliseconds(parse(text)) == milliseconds(text) == length / timedelta(milliseconds=1)
    assert parse(parse(text)) == parse(text) == parse(length)


@given(st.floats(min_value=0.001, max_value=10**6))
def test_fractions_of_durations_are_rounded(seconds: float) -> None:
    """A duration is right to half a millisecond, and normal after one pass."""
    parse = TypeAdapter(Duration).validate_python
    text = parse(f"{seconds:.6f}s")
    assert abs(milliseconds(text) - seconds * 1_000) <= 0.51
    assert parse(text) == text


@given(st.text(max_size=8) | st.sampled_from(["5", "s5", "5x", "-5s", "5s ", "1h30", "0s", "0.4ms", "", "1e3s"]))
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Text is a duration of at least a millisecond, or refused."""
    try:
        assert milliseconds(TypeAdapter(Duration).validate_python(text)) >= 1
    except ValidationError:
        assert not re.fullmatch(r"([1-9]\d*(ms|h|m|s))+", text)
