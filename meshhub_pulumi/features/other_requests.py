"""Other requests: what no policy is about goes where it went before.

A VirtualService takes a host's requests away from Istio's own routes: one whose routes all have conditions answers
every other request with 404 (measured). So each port gets a last route without any, to the host itself.
"""

from __future__ import annotations

from meshhub_pulumi.dialects.gateway_api import hooks as gateway_api
from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.plugin import Feature

FEATURE = Feature(
    name="other_requests",
    title="Other requests",
    render={
        istio.HTTP_ROUTE: lambda _value, _site: {},
        gateway_api.HTTP_ROUTE: lambda _value, _site: {},
        # Service Mesh Hub had no such route: its users got the 404
        smh.HTTP_ROUTE: lambda _value, _site: None,
    },
)
