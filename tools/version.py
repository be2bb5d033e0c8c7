"""Versions: what a program prints becomes a tuple, and a range such as `>=1.30,<2` says whether it fits."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

Version = tuple[int, int, int]

# The first number with dots: etcd prints Go's version after its own, and Envoy a commit before it.
_VERSION = re.compile(r"(?<![\w.])[vV]?(\d+)\.(\d+)(?:\.(\d+))?")
_CONDITION = re.compile(r"(>=|<=|==|>|<)\s*([\d.]+)")
_COMPARE: dict[str, Callable[[Version, Version], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}


def parse_version(text: str) -> Version | None:
    """The first version in the text, without a suffix such as `-rc.1`: a candidate counts as its release."""
    found = _VERSION.search(text)
    if found is None:
        return None
    major, minor, patch = found.groups()
    return int(major), int(minor), int(patch or 0)


def print_version(version: Version) -> str:
    return ".".join(str(number) for number in version)


def fits(version: Version, wanted: str) -> bool:
    """Whether every condition of the range holds; an empty range takes any version."""
    return all(_COMPARE[sign](version, bound) for sign, bound in parse_range(wanted))


def parse_range(text: str) -> list[tuple[str, Version]]:
    conditions = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _CONDITION.fullmatch(part)
        padded = (found.group(2) + ".0.0").split(".") if found else []
        if found is None or not all(number.isdigit() for number in padded[:3]):
            raise ValueError(f"{part!r} is not a version condition such as >=1.30")
        conditions.append((found.group(1), (int(padded[0]), int(padded[1]), int(padded[2]))))
    return conditions
