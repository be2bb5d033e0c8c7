"""Hostile strings and values at every field: refused, or written as one value that leads nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from strings import AIMS, STRINGS, WRONG
from whole_mesh import changed

_SNI = re.compile(r"outbound_\.\d+_\.[a-z0-9.-]*_\.[a-z0-9.-]+")
_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*")
_IN_FILTERS = re.compile(
    r"outbound\|\d+\|[a-z0-9._-]*\|[a-z0-9.-]+|envoy\.[a-z_.]+|type\.googleapis\.com/[A-Za-z0-9._]+|[A-Z_]+|1s"
    r"|\\\.[a-z0-9.-]+\$|\.[a-z0-9.-]+"
)
"""Names of clusters, filters and types, words of a list, and the ends of hosts that a gateway rewrites."""

EACH_TWICE = [
    (aim, string)
    for number, aim in enumerate(AIMS)
    for position, string in enumerate(STRINGS)
    if (number + position) % 4 == 0
]
"""A quarter of all pairs: each string at seven or eight places, each place with ten or eleven strings."""


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every scalar in a value, with the steps to it."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, dict | list):
        yield at, value
    for step, item in inside:
        yield from leaves(item, (*at, step))


def check_harmless(manifest: dict[str, Any]) -> None:
    """What picks a proxy's destination has the form that it always has, whatever strings there were."""
    for steps, value in leaves(manifest["spec"]):
        if steps[-1] == "sni":
            assert _SNI.fullmatch(value)
        elif steps[-1] == "host" or "hosts" in steps:
            assert _HOST.fullmatch(value)
        elif manifest["kind"] == "EnvoyFilter" and isinstance(value, str) and "workloadSelector" not in steps:
            assert _IN_FILTERS.fullmatch(value)


@pytest.mark.parametrize(("aim", "string"), EACH_TWICE)
def test_string(judged, aim, string):
    """A string at one place is refused with a finding, or harmless."""
    for manifest in judged(changed(AIMS[aim], STRINGS[string])).manifests:
        check_harmless(manifest)


@pytest.mark.parametrize("aim", ["a failover host", "a subset", "a host's suffix", "a mesh", "a member"])
def test_string_in_a_filter(judged, aim):
    """Where failover is made by a filter, no string changes what the filter names."""
    for string in STRINGS.values():
        content = changed(AIMS[aim], string).replace(b"strictMtls: true", b"strictMtls: false")
        for manifest in judged(content, "in.yaml", "--compat", "smh-0.8").manifests:
            check_harmless(manifest)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_value(judged, name):
    """Whatever a field holds, it ends as the contract says."""
    judged(changed(*WRONG[name]))
