"""Global access: nothing is allowed unless a policy allows it; gateways stay open, for the servers decide."""

from __future__ import annotations

from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.plugin import DoorSite, Feature, MemberSite, Patch, Whole


def _deny_all(_value: None, _site: MemberSite) -> Patch:
    return {}


def _let_through(_value: None, site: DoorSite) -> Patch:
    return {
        "selector": Whole({"matchLabels": dict(site.gateway.labels)}),
        "action": "ALLOW",
        "rules": {"all": Whole({})},
    }


DENY = Feature(
    name="global_access",
    title="Deny by default",
    render={istio.MEMBER_AUTHORIZATION: _deny_all, smh.MEMBER_AUTHORIZATION: _deny_all},
)
GATEWAYS = Feature(
    name="gateway_access",
    title="Gateways let through",
    render={istio.GATEWAY_AUTHORIZATION: _let_through, smh.GATEWAY_AUTHORIZATION: _let_through},
)
