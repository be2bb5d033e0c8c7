"""Values as the Gateway API spells them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from meshhub_pulumi.model.units import milliseconds

_MILLIONTHS = 1_000_000
_MOST = 99_999


def duration(text: str) -> str:
    """A length of time in whole hours, minutes, seconds and milliseconds, each of at most five digits (GEP-2257)."""
    seconds, thousandths = divmod(round(milliseconds(text)), 1_000)
    hours, seconds = divmod(seconds, 3_600) if seconds > _MOST else (0, seconds)
    return "".join(f"{count}{unit}" for count, unit in ((hours, "h"), (seconds, "s"), (thousandths, "ms")) if count)


def share(percentage: float | None) -> dict[str, Any]:
    """How many of the requests a filter touches; nothing is said where it is all of them."""
    if percentage is None:
        return {}
    if float(percentage).is_integer():
        return {"percent": int(percentage)}
    part = Fraction(round(percentage * _MILLIONTHS / 100), _MILLIONTHS)
    return {"fraction": {"numerator": part.numerator, "denominator": part.denominator}}
