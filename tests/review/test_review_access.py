"""Who may call: callers gained and lost, whatever the rules look like that say so."""

from __future__ import annotations

from typing import Any

import pytest
from make import access, cluster, compiled, mesh, service, snapshot
from sides import changed, effect

from meshhub_pulumi.report.compare.grants import ANYBODY, Grant

SHOP = {"namespaces": ["shop"]}
WEB = {"serviceAccount": "web", "namespace": "shop", "cluster": "east"}


def told(before: Any, after: Any) -> list[tuple[Any, ...]]:
    """Whose callers differ: gained, lost."""
    return [(x.workloads, x.gained, x.lost) for x in effect(before, after).access]


def asked(*policies: Any, **args: Any) -> Any:
    """A mesh with access policies about the checkout in west."""
    seen = {x: cluster(x, [service(), service("web")], trustDomain=f"{x}.example.com") for x in ("east", "west")}
    return compiled(mesh(**args), *policies, seen=snapshot(**seen))


def test_the_first_policy_shuts_others_out() -> None:
    """A first policy takes access from everybody but whom it names."""
    checkout = ("shop/checkout@west",)
    assert [(checkout, (), (ANYBODY,))] == told(asked(), asked(access("one", sources=[SHOP])))
    (found,) = effect(asked(), asked(access("one", sources=[SHOP]))).access
    assert ((ANYBODY,), ("namespace shop",)) == (found.before, found.after)


def test_wider_and_narrower() -> None:
    """A further caller is gained; one whose place another rule takes is neither gained nor lost."""
    web, shop = asked(access("one", sources=[WEB])), asked(access("one", sources=[SHOP]))
    both = asked(access("one", sources=[SHOP]), access("two", sources=[WEB]))
    identity = "identity east.example.com/ns/shop/sa/web"
    assert [(("shop/checkout@west",), ("namespace shop",), ())] == told(web, shop)
    assert [(("shop/checkout@west",), (), ("namespace shop",))] == told(shop, web)
    assert [] == told(shop, both)
    one, three = (asked(access("one", sources=[WEB], methods=x)) for x in (["GET"], ["GET", "PUT", "HEAD"]))
    assert [(("shop/checkout@west",), (identity,), ())] == told(one, web)
    assert [(("shop/checkout@west",), (f"{identity}: HEAD, PUT",), ())] == told(one, three)


def test_policies_can_be_split() -> None:
    """Two policies that allow what one did are no difference."""
    one = asked(access("one", sources=[SHOP, WEB], methods=["GET", "PUT"]))
    two = asked(*(access(x, sources=[SHOP, WEB], methods=[x]) for x in ("GET", "PUT")))
    assert [] == told(one, two)


def test_deny_by_default_is_told_of_all_workloads() -> None:
    """Where everything is refused by default, all services are told in one row, and workloads without a service too."""
    expected = [
        (("all other workloads", "shop/checkout@east", "shop/web@east"), (), (ANYBODY,)),
        (("all other workloads", "shop/checkout@west", "shop/web@west"), (), (ANYBODY,)),
    ]
    found = told(asked(), asked(global_access_policy="enabled"))
    assert expected == [x for x in found if "pods with" not in x[0][0]]


def test_a_part_of_the_pods() -> None:
    """A policy about some pods of a service, or about more than those, is told of these pods."""
    made = asked(access("one", sources=[SHOP]))
    narrow = changed(
        made,
        "AuthorizationPolicy",
        "checkout",
        "west",
        lambda spec: spec["selector"]["matchLabels"].update(version="v1"),
    )
    assert [(("pods with app=checkout,version=v1 in shop",), (), (ANYBODY,))] == told(asked(), narrow)
    assert [(("shop/checkout@west",), (ANYBODY,), ())] == told(made, narrow)


def test_other_actions_are_told_by_their_text() -> None:
    """A policy that does not permit is compared field by field."""
    made = asked(access("one", sources=[SHOP]))
    denying = changed(made, "AuthorizationPolicy", "checkout", "west", lambda spec: spec.update(action="DENY"))
    (other,) = effect(made, denying).others
    assert "action" in {x.setting for x in other.settings}


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        (Grant(ANYBODY), Grant("namespace shop", "GET", "/a", "80"), True),
        (Grant("namespace shop"), Grant("identity x/ns/shop/sa/web"), True),
        (Grant("namespace shop"), Grant("identity x/ns/shopping/sa/web"), False),
        (Grant("identity x/ns/*"), Grant("identity x/ns/shop/sa/web"), True),
        (Grant("identity *"), Grant("namespace shop"), False),
        (Grant(ANYBODY, path="/a/*"), Grant(ANYBODY, path="/a/b"), True),
        (Grant(ANYBODY, path="*.png"), Grant(ANYBODY, path="/a.png"), True),
        (Grant(ANYBODY, path="/a"), Grant(ANYBODY), False),
        (Grant(ANYBODY, more="x"), Grant(ANYBODY), False),
        (Grant(ANYBODY), Grant(ANYBODY, more="x"), True),
    ],
)
def test_one_permission_may_cover_another(wide: Grant, narrow: Grant, covered: bool) -> None:
    """What is permitted already is no new caller."""
    assert covered == wide.covers(narrow)
