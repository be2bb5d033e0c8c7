"""Whether counts agree with weights: Pearson's chi-square test, with the standard library's mathematics."""

from __future__ import annotations

import math
from collections.abc import Mapping

FEWEST = 5.0
"""Requests that must be expected everywhere: with fewer the test's distribution is not the chi-square one."""


def p_value(counts: Mapping[str, int], weights: Mapping[str, float]) -> float:
    """How likely counts at least as uneven as these are, if each request is sent by these weights at random.

    Weights need not sum to anything; where none is given, or 0, nothing may arrive (then 0.0). Raises
    ValueError when no weight is positive, one is negative, or there are too few requests to tell.
    """
    if any(weight < 0 for weight in weights.values()) or not any(weights.values()):
        raise ValueError(f"weights must not be negative, nor all 0: {dict(weights)}")
    expected = {name: weight for name, weight in weights.items() if weight}
    if any(count for name, count in counts.items() if name not in expected):
        return 0.0
    requests, whole = sum(counts.values()), sum(expected.values())
    if requests < (needed := fewest(weights)):
        rarest = min(expected.values()) / whole
        raise ValueError(f"{requests} requests are too few for a share of {rarest:.2%}: {needed} are needed")
    statistic = sum(
        (counts.get(name, 0) - requests * weight / whole) ** 2 / (requests * weight / whole)
        for name, weight in expected.items()
    )
    return survival(statistic, len(expected) - 1)


def fewest(weights: Mapping[str, float]) -> int:
    """How many requests the test needs for these weights."""
    positive = [weight for weight in weights.values() if weight > 0]
    if len(positive) == 1:
        return 1
    return math.ceil(FEWEST * sum(positive) / min(positive) - 1e-6)  # the same number in every unit


def survival(statistic: float, degrees: int) -> float:
    """The probability that a chi-square variable with so many degrees of freedom is at least this large."""
    if degrees == 0 or statistic <= 0:
        return 1.0
    return _upper_gamma(degrees / 2, statistic / 2)


def _upper_gamma(a: float, x: float) -> float:
    """The regularized upper incomplete gamma function Q(a, x), for positive a and x.

    Each of the two expansions converges quickly on its side of a + 1.
    """
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    return 1.0 - scale * _series(a, x) if x < a + 1 else scale * _fraction(a, x)


def _series(a: float, x: float) -> float:
    """The lower function by its power series, without its scale."""
    term = total = 1 / a
    while term > total * 1e-16:
        a += 1
        term *= x / a
        total += term
    return total


def _fraction(a: float, x: float) -> float:
    """The upper function by its continued fraction, without its scale: Lentz's method."""
    b = x + 1 - a
    c, d = math.inf, 1 / b
    value, step, n = d, 0.0, 0
    while abs(step - 1) > 1e-15:
        n += 1
        b += 2
        factor = -n * (n - a)
        d = 1 / (factor * d + b)
        c = b + factor / c
        step = c * d
        value *= step
    return value
