"""What real programs print becomes a version, and ranges take and refuse it."""

from __future__ import annotations

import pytest

from tools.programs import pins, programs
from tools.version import fits, parse_range, parse_version, print_version

PRINTED = {
    "v3.259.0": (3, 259, 0),
    "Kubernetes v1.36.2": (1, 36, 2),
    "Client Version: v1.32.4-dispatcher Kustomize Version: v5.5.0": (1, 32, 4),
    "etcd Version: 3.5.1 Git SHA: e8732fb5f Go Version: go1.16.3": (3, 5, 1),
    "envoy version: 6a5fb2e6c8ba6ed4b6e1f1c1d0a0d9a3ba2ea8d0/1.40.0/Clean/RELEASE/BoringSSL": (1, 40, 0),
    "client version: 1.31.0-eed52ebb66ad": (1, 31, 0),
    "1.28-alpha.deadbeef": (1, 28, 0),
    "resource-kubernetes-v4.34.2": (4, 34, 2),
    "go 1.26.8": (1, 26, 8),
    "no version here, e8732fb5f": None,
    "": None,
}


@pytest.mark.parametrize(("printed", "version"), PRINTED.items())
def test_parse(printed: str, version: tuple[int, int, int] | None) -> None:
    """The program's own version is found among whatever else it prints."""
    assert version == parse_version(printed)


FITS = [
    ("3.230.0", ">=3.230,<4", True),
    ("3.229.9", ">=3.230,<4", False),
    ("4.0.0", ">=3.230,<4", False),
    ("1.9.0", ">=1.30", False),  # a number, not text
    ("1.30.0", ">1.30", False),
    ("1.30.1", ">1.30", True),
    ("1.30.0", "<=1.30", True),
    ("1.30.0", "==1.30.0", True),
    ("0.1.0", "", True),
]


@pytest.mark.parametrize(("version", "wanted", "expected"), FITS)
def test_fits(version: str, wanted: str, *, expected: bool) -> None:
    """Every condition of a range has to hold."""
    parsed = parse_version(version)
    assert parsed is not None
    assert expected is fits(parsed, wanted)


@pytest.mark.parametrize("text", ["1.30", "~1.30", ">=", ">=x", ">=1.30 <2", ">=1..2"])
def test_range_that_is_none(text: str) -> None:
    """A range that cannot be read is our own mistake and says so."""
    with pytest.raises(ValueError, match="is not a version condition"):
        parse_range(text)


def test_print_is_the_inverse() -> None:
    """A version is printed as it was written."""
    assert parse_version(print_version((1, 36, 2))) == (1, 36, 2)


def test_what_we_make_fits_what_we_take() -> None:
    """A pinned version would be accepted from PATH, and every range can be read."""
    for program in programs().values():
        version = parse_version(program.version)
        assert version is not None, program.name
        assert fits(version, program.fits), program.name
    assert parse_range(pins()["go"]["fits"])
