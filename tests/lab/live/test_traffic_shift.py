"""Traffic shift in a real mesh: what examples/bookinfo asks for is what real requests get."""

from __future__ import annotations

import pytest
from rendered import Objects, bookinfo

from lab.mesh.running import LiveMesh

REVIEWS = "http://reviews:9080/"
SHARES = {"v3@kind3": 75, "v1@kind2": 15, "v2@kind2": 10}


@pytest.fixture(scope="module")
def objects() -> Objects:
    """What examples/bookinfo becomes."""
    return bookinfo()


def test_without_policies_requests_stay_at_home(live: LiveMesh) -> None:
    """Every pod of the own cluster gets some, none of the other does."""
    answers = live["kind2"].pod("client").call(REVIEWS, n=300)
    answers.assert_shares({"v1@kind2": 1, "v2@kind2": 1, "v3@kind2": 1})


def test_bookinfo_splits_as_its_weights_say(live: LiveMesh, objects: Objects) -> None:
    """Three quarters of the requests from kind2 go to v3 in kind3, and nowhere else in kind3."""
    live.apply(objects)
    live["kind2"].pod("client").call(REVIEWS, n=2000).assert_shares(SHARES)


def test_the_serving_cluster_is_left_alone(live: LiveMesh, objects: Objects) -> None:
    """The policy is about callers in kind2; those in kind3 reach all versions at home."""
    live.apply(objects)
    answers = live["kind3"].pod("client").call(REVIEWS, n=300)
    answers.assert_shares({"v1@kind3": 1, "v2@kind3": 1, "v3@kind3": 1})


def test_the_callers_identity_arrives(live: LiveMesh, objects: Objects) -> None:
    """Through the gateway too, the server sees the certificate of the calling workload, not of the gateway."""
    live.apply(objects)
    answers = live["kind2"].pod("client").call(REVIEWS, n=40)
    seen = {answer.seen.headers["x-forwarded-client-cert"] for answer in answers.of("v3@kind3") if answer.seen}
    assert seen
    assert all("URI=spiffe://cluster.local/ns/default/sa/client" in told for told in seen), seen
