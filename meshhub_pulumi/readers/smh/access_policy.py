"""AccessPolicy: who may call which services, and what of them."""

from __future__ import annotations

from meshhub_pulumi.readers.smh.selector import IDENTITIES, services
from meshhub_pulumi.readers.smh.table import Rows, To, convert, each
from meshhub_pulumi.readers.smh.traffic_policy import method

ACCESS_POLICY: Rows = {
    "sourceSelector": IDENTITIES,
    "destinationSelector": services("destinations"),
    "allowedPaths": To("paths"),
    "allowedMethods": To("methods", each(convert(method))),
    "allowedPorts": To("ports"),
}
