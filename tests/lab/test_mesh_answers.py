"""What is concluded from answers: counts and shares, failures and their times, and whether weights were kept."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lab.mesh import chi_square
from lab.mesh.answers import Answer, Answers
from lab.mesh.answers_table import answers_table

numbers = itertools.count()


def by(where: str = "v1@kind2", *, due: float = 0.0, took: float = 0.01, **told: Any) -> Answer:
    """An answer as the caller tells it, by an app of this version and cluster; `told` goes over all else."""
    version, _, cluster = where.partition("@")
    who = {"workload": f"reviews-{version}", "cluster": cluster, "version": version, "port": 9080, "nth": 1}
    return Answer.parse(
        {
            "id": f"test.{next(numbers)}",
            "due": due,
            "start": due,
            "end": due + took,
            "status": 200,
            "headers": {},
            "body": json.dumps(who),
            "failure": "",
            "reused": True,
            **told,
        }
    )


def failed(failure: str, *, due: float = 0.0) -> Answer:
    return by(due=due, status=None, body="", failure=failure)


def refused(status: int, text: str = "", *, due: float = 0.0) -> Answer:
    """An error that a proxy answered."""
    return by(due=due, status=status, body=text)


def sent(counts: Mapping[str, int]) -> Answers:
    return Answers(by(where) for where, count in counts.items() for _ in range(count))


def test_answers_are_counted_by_version_and_cluster() -> None:
    """And by workload; shares are parts of what apps answered."""
    answers = sent({"v3@kind3": 3, "v1@kind2": 1})
    assert {"v3@kind3": 3, "v1@kind2": 1} == answers.counts
    assert {"reviews-v3@kind3": 3, "reviews-v1@kind2": 1} == answers.workloads
    assert {"v3@kind3": 0.75, "v1@kind2": 0.25} == answers.shares
    assert {} == Answers([failed("timeout: x")]).shares


@pytest.mark.parametrize("body", ["", "no healthy upstream", "[]", '{"workload": "x"}', "1", "null"])
def test_what_no_app_answered_is_not_counted(body: str) -> None:
    """Whatever the text is, a proxy's or somebody else's."""
    answers = Answers([by(body=body)])
    assert (None, {}, {200: 1}) == (answers[0].seen, answers.counts, answers.statuses)


def test_failures_have_reasons() -> None:
    """Without an answer its kind, with an error its status; other answers have none."""
    answers = Answers(
        [
            by(),
            by(status=302),
            failed("connect: Connection refused"),
            failed("reset: closed"),
            refused(503),
            refused(403),
        ]
    )
    assert {"connect": 1, "reset": 1, "status 503": 1, "status 403": 1} == answers.reasons
    assert 4 == len(answers.failed)
    assert {200: 1, 302: 1, 503: 1, 403: 1} == answers.statuses


def test_a_line_of_tcp_has_no_status_and_is_no_failure() -> None:
    """It counts for who answered it."""
    answers = Answers([by(status=None)])
    assert ({"v1@kind2": 1}, {}, {}) == (answers.counts, answers.reasons, answers.statuses)


def test_answers_can_be_cut_at_an_event() -> None:
    """By when they were due, in that order whatever order they came in."""
    answers = Answers([by("v2@b", due=5.0), by("v1@a", due=1.0), by("v1@a", due=2.0)])
    assert [1.0, 2.0, 5.0] == [answer.due for answer in answers]
    assert ({"v1@a": 1}, {"v1@a": 1, "v2@b": 1}) == (answers.before(2.0).counts, answers.since(2.0).counts)
    assert {"v2@b": 1} == answers.of("v2@b").counts
    assert 4 == len(answers[1:] + answers[:2])


def test_the_last_failure_after_an_event() -> None:
    """In seconds since then; failures before it do not count, and none is None."""
    answers = Answers(
        [refused(503, due=9.0), by(due=10.0), refused(503, due=10.5), refused(503, due=11.25), by(due=12.0)]
    )
    assert 1.25 == answers.last_failure_after(10.0)
    assert answers.last_failure_after(11.5) is None


@given(taken=st.lists(st.floats(0, 10), min_size=1, max_size=300))
def test_percentiles_are_latencies_that_occurred(taken: list[float]) -> None:
    """No more than their part of all is above them, and no smaller one would do."""
    latency = Answers(by(took=seconds) for seconds in taken).latency
    for value, part in ((latency.p50, 0.5), (latency.p99, 0.99), (latency.most, 1.0)):
        assert value in taken
        assert sum(seconds <= value for seconds in taken) >= part * len(taken) - 1e-9
        assert sum(seconds < value for seconds in taken) < part * len(taken) + 1e-9


def test_latency_counts_from_when_a_request_was_due() -> None:
    """And leaves out what was never answered."""
    answers = Answers([by(due=1.0, start=1.5, end=1.75), failed("timeout: x")])
    assert (0.75, 0.75) == (answers.latency.p50, answers.latency.most)
    assert 0.0 == Answers([]).latency.p99


def test_shares_by_the_weights_are_accepted() -> None:
    """As measured in a real mesh for 75, 15 and 10 of a hundred."""
    answers = sent({"v3@kind3": 3021, "v2@kind2": 564, "v1@kind2": 415})
    answers.assert_shares({"v3@kind3": 75, "v2@kind2": 15, "v1@kind2": 10})
    answers.assert_shares({"v3@kind3": 0.75, "v2@kind2": 0.15, "v1@kind2": 0.1, "v1@kind3": 0})


def test_other_shares_are_refused_in_a_sentence() -> None:
    """It says what was expected where, and what was observed."""
    with pytest.raises(AssertionError) as told:
        sent({"v3@kind3": 1200, "v1@kind2": 800}).assert_shares({"v3@kind3": 75, "v1@kind2": 25})
    assert str(told.value).startswith("the shares of 2000 requests are not those expected (chance ")
    assert str(told.value).endswith("): v3@kind3 60.0% instead of 75.0%, v1@kind2 40.0% instead of 25.0%")


def test_answers_from_where_none_are_expected_are_refused() -> None:
    """A single one, however large the number of others."""
    with pytest.raises(
        AssertionError, match=r"^1 by v9@kind9, where nothing was expected; v1@kind2 99.9% instead of 100"
    ):
        sent({"v1@kind2": 999, "v9@kind9": 1}).assert_shares({"v1@kind2": 1, "v9@kind9": 0})


def test_shares_of_failed_requests_are_refused() -> None:
    """What failed was not answered by the weights, and may hide that."""
    answers = sent({"v1@a": 50, "v2@a": 50}) + Answers([refused(503, "no healthy upstream", due=1.5)])
    with pytest.raises(AssertionError) as told:
        answers.assert_shares({"v1@a": 1, "v2@a": 1})
    assert (
        "1 of 101 requests failed: 1 status 503; the first at 1.50 s (no healthy upstream), the last at 1.50 s"
        == str(told.value)
    )
    with pytest.raises(AssertionError, match="1 of 101 requests were not answered by an app"):
        (sent({"v1@a": 50, "v2@a": 50}) + Answers([by(body="hello")])).assert_shares({"v1@a": 1, "v2@a": 1})


def test_some_failures_may_be_allowed() -> None:
    """So many and no more; nothing at all is never all right."""
    answers = Answers([by(), failed("timeout: x"), failed("timeout: x")])
    answers.assert_all_answered(but=2)
    with pytest.raises(AssertionError, match=r"2 of 3 requests failed \(at most 1 may\): 2 timeout; "):
        answers.assert_all_answered(but=1)
    with pytest.raises(AssertionError, match="no request was sent"):
        Answers([]).assert_all_answered()


@pytest.mark.parametrize(
    ("statistic", "degrees", "probability"),
    [  # from printed tables
        (3.841, 1, 0.05),
        (6.635, 1, 0.01),
        (10.828, 1, 0.001),
        (5.991, 2, 0.05),
        (7.815, 3, 0.05),
        (16.266, 3, 0.001),
        (2.733, 8, 0.95),
        (18.307, 10, 0.05),
        (31.410, 20, 0.05),
        (129.561, 100, 0.025),
    ],
)
def test_the_distribution_is_that_of_the_tables(statistic: float, degrees: int, probability: float) -> None:
    """To the digits that tables print."""
    assert chi_square.survival(statistic, degrees) == pytest.approx(probability, rel=1e-3)


@given(x=st.floats(1e-6, 600))
def test_the_distribution_agrees_with_its_closed_forms(x: float) -> None:
    """Which it has for one degree of freedom and for even ones."""
    assert chi_square.survival(x, 1) == pytest.approx(math.erfc(math.sqrt(x / 2)), rel=1e-9, abs=1e-15)
    assert chi_square.survival(x, 2) == pytest.approx(math.exp(-x / 2), rel=1e-9, abs=1e-15)
    assert chi_square.survival(x, 4) == pytest.approx(math.exp(-x / 2) * (1 + x / 2), rel=1e-9, abs=1e-15)


def test_the_probability_of_known_counts() -> None:
    """Statistic 2.8695 with two degrees of freedom, by hand."""
    p = chi_square.p_value({"a": 3021, "b": 564, "c": 415}, {"a": 75, "b": 15, "c": 10})
    assert p == pytest.approx(math.exp(-2.8695 / 2), rel=1e-9)


weights = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 100), min_size=1)


@given(weights=weights, seed=st.integers(0, 10**9), scale=st.floats(0.01, 100))
def test_requests_sent_by_the_weights_pass(weights: dict[str, int], seed: int, scale: float) -> None:
    """And the unit of the weights does not matter."""
    chosen = random.Random(seed).choices(list(weights), list(weights.values()), k=max(500, chi_square.fewest(weights)))
    counts = Counter(chosen)
    p = chi_square.p_value(counts, weights)
    assert 1e-9 < p <= 1
    assert p == pytest.approx(chi_square.p_value(counts, {name: weight * scale for name, weight in weights.items()}))


@given(weights=weights.filter(lambda weights: len(weights) > 1), seed=st.integers(0, 10**9))
def test_requests_that_all_go_one_way_do_not_pass(weights: dict[str, int], seed: int) -> None:
    """Whichever way, once there are many."""
    name = random.Random(seed).choice(list(weights))
    assert chi_square.p_value({name: 10 * chi_square.fewest(weights)}, weights) < 1e-9


@pytest.mark.parametrize(
    ("counts", "weights", "problem"),
    [
        ({"a": 10, "b": 10}, {"a": 90, "b": 10}, "20 requests are too few for a share of 10.00%: 50 are needed"),
        ({}, {"a": 1}, "0 requests are too few"),
        ({"a": 100}, {"a": 0}, "must not be negative, nor all 0"),
        ({"a": 100}, {"a": 2, "b": -1}, "must not be negative, nor all 0"),
    ],
)
def test_what_cannot_be_told_is_an_error(counts: dict[str, int], weights: dict[str, float], problem: str) -> None:
    """Not a pass, and not a failure of what is tested."""
    with pytest.raises(ValueError, match=problem):
        chi_square.p_value(counts, weights)


def test_the_table_shows_what_was_expected_and_what_came() -> None:
    """A row for each version and cluster, also for one that never answered, then the failures, then all."""
    answers = sent({"v3@kind3": 30, "v1@kind2": 10}) + Answers([failed("timeout: x"), refused(503)])
    console = Console(width=100, force_terminal=False)
    with console.capture() as captured:
        console.print(answers_table("reviews", answers, {"v3@kind3": 60, "v2@kind2": 20, "v1@kind2": 20}))
    rows = [
        [cell.strip() for cell in line.strip("│┃").split("│")] for line in captured.get().splitlines() if "│" in line
    ]
    assert [
        ["v3@kind3", "60.0%", "75.0%", "30", "10.0 ms", "10.0 ms", "10.0 ms"],
        ["v2@kind2", "20.0%", "0.0%", "0", "", "", ""],
        ["v1@kind2", "20.0%", "25.0%", "10", "10.0 ms", "10.0 ms", "10.0 ms"],
        ["failed: timeout", "", "", "1", "", "", ""],
        ["failed: status 503", "", "", "1", "", "", ""],
        ["all", "", "", "42", "10.0 ms", "10.0 ms", "10.0 ms"],
    ] == rows


def test_answers_show_themselves_in_a_line() -> None:
    """In a failing test that is what one sees."""
    assert "<2 requests: 2 v1@a>" == repr(sent({"v1@a": 2}))
    assert "<1 requests: no answer by an app; 1 timeout; the first at 0.00 s (timeout: x), the last at 0.00 s>" == repr(
        Answers([failed("timeout: x")])
    )
