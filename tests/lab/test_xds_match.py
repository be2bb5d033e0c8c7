"""lab.xds.match: which virtual host and which route Envoy would take."""

from __future__ import annotations

from typing import Any

import pytest

from lab.errors import LabError
from lab.xds.match import Request, matches, virtual_host

HOSTS = {
    "virtualHosts": [
        {"name": name, "domains": domains}
        for name, domains in {
            "rest": ["*"],
            "ending": ["*.global"],
            "longer ending": ["*.kind3.global"],
            "beginning": ["reviews.*"],
            "exact": ["reviews.default.svc.kind3.global", "reviews"],
        }.items()
    ]
}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("reviews", "exact"),
        ("reviews.default.svc.kind3.global", "exact"),
        ("ratings.default.svc.kind3.global", "longer ending"),
        ("ratings.default.svc.kind4.global", "ending"),
        ("reviews.default.svc.kind4.global", "ending"),
        ("reviews.elsewhere", "beginning"),
        ("ratings.elsewhere", "rest"),
    ],
)
def test_the_closest_domain_takes_a_host(host: str, expected: str) -> None:
    """The whole name, then the longest ending, the longest beginning, and at last what takes everything."""
    found = virtual_host(HOSTS, host)
    assert found
    assert expected == found["name"]


def test_a_host_may_belong_to_none() -> None:
    """Without a rest there is no virtual host for it."""
    assert virtual_host({"virtualHosts": HOSTS["virtualHosts"][1:]}, "ratings.elsewhere") is None


@pytest.mark.parametrize(
    ("match", "path", "expected"),
    [
        ({"prefix": "/a"}, "/abc", True),
        ({"prefix": "/a"}, "/b", False),
        ({"path": "/a"}, "/a", True),
        ({"path": "/a"}, "/a/", False),
        ({"pathSeparatedPrefix": "/a"}, "/a/b", True),
        ({"pathSeparatedPrefix": "/a"}, "/ab", False),
        ({"safeRegex": {"regex": "/[ab]"}}, "/b", True),
        ({"safeRegex": {"regex": "/[ab]"}}, "/bb", False),
        ({"prefix": "/", "caseSensitive": True}, "/", True),
    ],
)
def test_a_path_matches(match: dict[str, Any], path: str, expected: bool) -> None:
    """Beginnings, whole paths and expressions that fit all of it."""
    assert expected == matches(match, Request(host="reviews", path=path))


PRESENT: dict[str, Any] = {"presentMatch": True}
EXACT: dict[str, Any] = {"stringMatch": {"exact": "a"}}


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        (PRESENT, "", True),
        (PRESENT, None, False),
        ({**PRESENT, "invertMatch": True}, "", False),
        ({**PRESENT, "invertMatch": True}, None, True),
        (EXACT, "a", True),
        (EXACT, "ab", False),
        (EXACT, None, False),
        ({**EXACT, "invertMatch": True}, "b", True),
        ({**EXACT, "invertMatch": True}, "a", False),
        # Envoy leaves out what is missing before it turns anything round, unless it is told to take it for empty
        ({**EXACT, "invertMatch": True}, None, False),
        ({**EXACT, "invertMatch": True, "treatMissingHeaderAsEmpty": True}, None, True),
        ({"stringMatch": {"prefix": "a"}}, "ab", True),
        ({"stringMatch": {"suffix": "b"}}, "ab", True),
        ({"stringMatch": {"contains": "b"}}, "abc", True),
        ({"stringMatch": {"safeRegex": {"regex": ".*"}}}, "", True),
        ({"stringMatch": {"safeRegex": {"regex": ".+"}}}, "", False),
    ],
)
def test_a_header_or_parameter_matches(condition: dict[str, Any], value: str | None, expected: bool) -> None:
    """By presence or by its value, and either the other way round."""
    values = {} if value is None else {"x": value}
    match = {"prefix": "/", "headers": [{"name": "x", **condition}]}
    assert expected == matches(match, Request(host="reviews", headers=values))
    if "invertMatch" not in condition:
        match = {"prefix": "/", "queryParameters": [{"name": "x", **condition}]}
        assert expected == matches(match, Request(host="reviews", query=values))


def test_all_conditions_must_hold() -> None:
    """Method and host are headers to Envoy."""
    match = {
        "prefix": "/a",
        "headers": [
            {"name": ":method", "stringMatch": {"exact": "PUT"}},
            {"name": ":authority", "stringMatch": {"prefix": "rev"}},
        ],
    }
    assert matches(match, Request(host="reviews", path="/a", method="PUT"))
    assert not matches(match, Request(host="reviews", path="/a"))
    assert not matches(match, Request(host="ratings", path="/a", method="PUT"))
    assert not matches(match, Request(host="reviews", path="/b", method="PUT"))


@pytest.mark.parametrize(
    "match",
    [
        {"connectMatcher": {}},
        {"prefix": "/", "caseSensitive": False},
        {"prefix": "/", "headers": [{"name": "x", "stringMatch": {"custom": {}}}]},
    ],
)
def test_what_is_not_read_is_no_match_by_chance(match: dict[str, Any]) -> None:
    """A condition of a kind that this reader does not know is an error, not a condition that holds."""
    with pytest.raises(LabError, match="not read here"):
        matches(match, Request(host="reviews", headers={"x": "1"}))
