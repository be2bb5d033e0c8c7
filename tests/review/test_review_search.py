"""Of many conditions and grants the search finds what asking every one of them would find, and asks few."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from test_large_meshes import calls

from meshhub_pulumi.report.compare.actions import itself
from meshhub_pulumi.report.compare.condition import Condition, Constraint, conditions_of, covers, overlap
from meshhub_pulumi.report.compare.effect import Seen
from meshhub_pulumi.report.compare.grants import ANYBODY, Grant, Grants, grants_of
from meshhub_pulumi.report.compare.routes import Routes, traffic
from meshhub_pulumi.report.compare.search import Covering, Sharing

texts = st.sampled_from(["/", "/a", "/a/", "/a//", "/a/b", "/ab", "a", ""])
forms = st.sampled_from(["exact", "prefix", "below", "regex"])
said = st.builds(lambda form, text: {form: text}, forms, texts) | st.just({})
named = st.dictionaries(st.sampled_from(["x", "y"]), said, min_size=1, max_size=2)
matches = st.fixed_dictionaries(
    {},
    optional={
        "uri": said,
        "method": said,
        "headers": named,
        "withoutHeaders": named,
        "sourceLabels": st.dictionaries(st.sampled_from(["app"]), texts, max_size=1),
        "port": st.sampled_from([80, 8080]),
        "ignoreUriCase": st.booleans(),
    },
)
conditions = st.lists(matches.map(lambda match: conditions_of({"match": [match]})[0]), max_size=8, unique=True)


@settings(max_examples=500)
@given(conditions, matches)
def test_the_first_that_covers_is_found(known: list[Condition], asked: dict[str, object]) -> None:
    """The search finds the first condition that covers some requests, where there is one."""
    (requests,) = conditions_of({"match": [asked]})
    for wanted in (requests, *known, *(requests | condition for condition in known)):
        expected = next((place for place, condition in enumerate(known) if covers(condition, wanted)), None)
        assert expected == Covering(known).first(wanted)


@settings(max_examples=500)
@given(conditions)
def test_all_that_share_requests_are_found(known: list[Condition]) -> None:
    """Among what the search finds are all conditions that share requests with one."""
    sharing = Sharing(known)
    for one in known:
        assert {other for other in known if overlap(one, other)} <= set(sharing.with_(one))


def routes(count: int, target: str) -> Routes:
    """As many routes as that, each for requests that no other one takes."""
    paths = (frozenset({Constraint("path", "exact", f"/{number:05}")}) for number in range(count))
    return Routes(tuple((path, itself(target)) for path in paths), itself("host"))


def test_work_grows_with_the_routes() -> None:
    """Twice as many routes are compared with little more than twice the calls, also with a side that has none."""
    seen = Seen("shop/checkout@east", "east")
    for before in (True, False):
        work = []
        for count in (200, 400):
            sides = routes(count, "one") if before else None, routes(count, "other")
            work.append(calls(lambda sides=sides: traffic(seen, *sides, [80])))
        assert work[1] <= 2.2 * work[0]


names = st.sampled_from(["*", "a", "b", "a*"])
callers = st.one_of(
    st.just(ANYBODY),
    st.builds("namespace {}".format, names),
    st.builds("identity {}/ns/{}/sa/{}".format, names, names, names),
    st.builds("identity {}/ns/{}".format, names, names),
    st.builds("identity *{}".format, st.sampled_from(["a", "/sa/a", "b/sa/b"])),
)
grants = st.builds(Grant, callers, st.sampled_from(["", "GET"]), st.sampled_from(["", "/a", "/a*"]))


@settings(max_examples=500)
@given(st.sets(grants, max_size=8), grants)
def test_a_grant_that_covers_is_found(known: set[Grant], asked: Grant) -> None:
    """The search knows whether another grant permits all that one does."""
    for one in (asked, *known):
        assert any(other.covers(one) for other in known - {one}) == Grants(known).cover(one)


def test_work_grows_with_the_callers() -> None:
    """Twice as many identities are compared with little more than twice the calls."""
    work = []
    for count in (200, 400):
        principals = [f"cluster.local/ns/shop-{number}/sa/web" for number in range(count)]
        work.append(calls(lambda these=principals: grants_of([{"from": [{"source": {"principals": these}}]}])))
    assert work[1] <= 2.2 * work[0]
