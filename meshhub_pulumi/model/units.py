"""Scalars with a unit or a range, parsed once at the door and trusted from then on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_LONGEST = 2_562_047 * 3_600_000
"""What Kubernetes can read: it counts nanoseconds in 63 bits."""


def milliseconds(duration: str) -> float:
    """The length of a duration such as `1m30s`, `0.5s` or `250ms`; raises ValueError where it is none."""
    if not duration or _PART.sub("", duration):
        raise ValueError(f"not a duration such as 5s, 250ms or 1m30s (got {duration[:40]!r})")
    return sum(float(number) * _MILLISECONDS[unit] for number, unit in _PART.findall(duration))


def _parse_duration(value: Any) -> str:
    if isinstance(value, timedelta):
        length = value.total_seconds() * 1_000
    elif isinstance(value, str):
        length = milliseconds(value)
    else:
        raise ValueError("must be text with a unit, such as 5s or 250ms")
    if length < 1:
        raise ValueError("must be at least 1ms")
    if length > _LONGEST:
        raise ValueError("must be at most 2562047h")
    whole = round(length)
    return f"{whole // 1_000}s" if whole % 1_000 == 0 else f"{whole}ms"


Duration = Annotated[str, BeforeValidator(_parse_duration)]
"""A length of time as text with a unit: `5s`, `250ms`, `1m30s`; at least 1 ms (Istio's lower bound)."""


def _refuse_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # YAML reads `yes` as true, which Python counts as 1
    return value


WholeNumber = Annotated[int, BeforeValidator(_refuse_truth)]
"""An integer; true and false are none."""

Weight = Annotated[WholeNumber, Field(ge=0, le=100)]
"""A share of the traffic in percent, 0 to 100."""

_FINEST_PERCENTAGE = 0.0001


def _check_percentage(value: float) -> float:
    if 0 < value < _FINEST_PERCENTAGE:
        raise ValueError("must be 0, or from 0.0001 to 100")  # Istio counts in millionths
    return int(value) if value.is_integer() else value


Percentage = Annotated[float, BeforeValidator(_refuse_truth), Field(ge=0, le=100), AfterValidator(_check_percentage)]
"""How many of the requests, in percent: 0, or 0.0001 to 100."""

PortNumber = Annotated[WholeNumber, Field(ge=1, le=65535)]
"""A TCP port."""


def shaped(pattern: str, sentence: str) -> AfterValidator:
    """Text that matches a pattern as a whole; `sentence` says what that means."""
    expression = re.compile(pattern)

    def check(text: str) -> str:
        if not expression.fullmatch(text):
            raise ValueError(sentence)
        return text

    return AfterValidator(check)


_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"

DnsLabel = Annotated[str, shaped(_LABEL, "must be a Kubernetes name: at most 63 of a-z, 0-9 and - (not at its ends)")]
"""A Kubernetes name that also becomes one label of a DNS name: at most 63 of a-z, 0-9 and `-`."""


def _check_hostname(name: str) -> str:
    if len(name) > 253 or not all(re.fullmatch(_LABEL, part) for part in name.split(".")):
        raise ValueError("must be a DNS name: labels of a-z, 0-9 and -, at most 253 characters")
    return name


Hostname = Annotated[str, AfterValidator(_check_hostname)]
"""A fully qualified DNS name in lower case."""

_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\Z")


class FrozenTexts(dict[str, str]):
    """Texts by name inside a frozen model: nothing changes them, so they can be hashed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))


class FrozenLabels(FrozenTexts):
    """Labels inside a frozen model."""


def _check_labels(labels: dict[str, str]) -> dict[str, str]:
    for key, value in labels.items():
        if not _LABEL_KEY.match(key):
            raise ValueError(f"{key[:70]!r} is not a Kubernetes label name")
        if not _LABEL_VALUE.match(value):
            raise ValueError(f"the value of label {key!r} is not a Kubernetes label value")
    return FrozenLabels(sorted(labels.items()))


Labels = Annotated[dict[str, str], AfterValidator(_check_labels)]
"""Kubernetes labels, kept sorted by name."""


def _check_some(labels: dict[str, str]) -> dict[str, str]:
    if not labels:
        raise ValueError("must name a label: a selector without any selects every pod")
    return labels


PodLabels = Annotated[Labels, AfterValidator(_check_some)]
"""Labels that select pods, one at least: a selector without any selects every pod."""
