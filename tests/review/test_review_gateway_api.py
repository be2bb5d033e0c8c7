"""HTTPRoutes are read as routes: a cluster that moves to the Gateway API is told what its requests lose, no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from sides import changed, effect

from meshhub_pulumi.engine.compile import Compiled
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.report.compare.effect import Share
from meshhub_pulumi.standard import compile_standard

CASES = Path(__file__).parents[1] / "cases"

DIFFERENT = {
    "cors_policy/federated": {"corsPolicy", "filters"},  # written in another form
    "gateway_api/routes": {"corsPolicy", "filters", "retries"},  # and what is tried again
    "matches/ties": {"timeout"},  # prefixes go by segments
    "timeout/other_matches": {"retries", "timeout"},  # prefixes go by segments
}
"""What differs in which case; of the others nothing may."""


NAMES = [path.parent.relative_to(CASES).as_posix() for path in sorted(CASES.glob("*/*/mesh.yaml"))]


def both(case: str) -> tuple[Compiled, Compiled]:
    """A golden case in Istio's routes and in those of the Gateway API."""
    loaded = read([str(CASES / case / "mesh.yaml")])
    istio, gateway_api = (compile_standard(loaded.specs, loaded.snapshot, x) for x in ("istio", "gateway-api"))
    return istio, gateway_api


@pytest.mark.parametrize("case", NAMES)
def test_moving_is_no_effect(case: str) -> None:
    """The same policies in another form have the same effect, but for what is known to differ."""
    istio, gateway_api = both(case)
    if istio.errors or gateway_api.errors:
        return  # one of them refuses it, and says why
    found = effect(istio, gateway_api)
    settings = {change.setting.partition(".")[0] for x in found.traffic for change in x.settings}
    assert DIFFERENT.get(case, set()) == settings
    assert [] == [*found.hosts, *found.failover, *found.connections, *found.access, *found.others]
    assert [] == [share for x in found.traffic for share in x.shares]


def test_shares_of_an_http_route() -> None:
    """The weights of backends are shares, one by one or in percent."""
    _, made = both("gateway_api/routes")
    head = changed(
        made, "HTTPRoute", "checkout-8080", "east", lambda spec: spec["rules"][-1]["backendRefs"][0].update(weight=25)
    )
    shares = (Share("shop/checkout@east", 75, 50), Share("shop/checkout@west", 25, 50))
    assert [shares] == [x.shares for x in effect(made, head).traffic]


def test_what_no_rule_takes_of_a_port_is_refused() -> None:
    """Without its last rule an HTTPRoute refuses the requests of its port that no other takes."""
    _, made = both("gateway_api/routes")
    head = changed(made, "HTTPRoute", "checkout-8080", "east", lambda spec: spec["rules"].pop())
    (found,) = effect(made, head).traffic
    assert (("port 8080",),) == found.requests
    assert "404: no route takes them" in {share.target for share in found.shares}


def test_another_parent_is_told_field_by_field() -> None:
    """An HTTPRoute of a gateway is none that callers in the mesh notice; it is compared as it is."""
    _, made = both("gateway_api/routes")
    head = changed(
        made,
        "HTTPRoute",
        "checkout-8080",
        "east",
        lambda spec: spec["parentRefs"][0].update(kind="Gateway", name="edge"),
    )
    assert "parentRefs[0].name" in {x.setting for other in effect(made, head).others for x in other.settings}
