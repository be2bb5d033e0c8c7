"""Failover by tiers: labels and priorities that Envoy counts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from meshhub_pulumi.features.failover import tier_keys, tier_labels


@pytest.mark.parametrize(("count", "local"), [(n, i) for n in range(1, 7) for i in range(n)])
def test_tiers_are_tried_in_order(count: int, local: int) -> None:
    """By its labels every backing has the priority of its place, wherever the caller is.

    Envoy counts how many of the keys an endpoint matches one after the other; `key=` matches where the label lacks.
    """
    tiers = tier_keys(count, local)
    assert len(set(tiers)) == count - 1

    def priority(endpoint: Mapping[str, str]) -> int:
        met = [endpoint.get(key.partition("=")[0], "") == key.partition("=")[2] for key in tiers]
        return len(met) - ([*met, False].index(False))

    labelled = [{} if i == local else tier_labels(count, local, i) for i in range(count)]
    assert [priority(endpoint) for endpoint in labelled] == list(range(count))
