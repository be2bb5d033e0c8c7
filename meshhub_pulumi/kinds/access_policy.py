"""AccessPolicy: who may call some services. Policies add up; whoever no policy names is refused there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Discriminator, Tag

from meshhub_pulumi.features.access import AccessRule
from meshhub_pulumi.features.lookup import nothing_selected
from meshhub_pulumi.features.select import matching
from meshhub_pulumi.kinds.base import KindArgs
from meshhub_pulumi.model.destination import ServiceRef, ServiceSelector
from meshhub_pulumi.model.finding import finding
from meshhub_pulumi.model.identity import IdentityMatcher, ServiceAccountRef
from meshhub_pulumi.model.plugin import Attachment, Kind, Produced, ServiceSite, Target
from meshhub_pulumi.model.route import Method
from meshhub_pulumi.model.schema import Many
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.model.units import PortNumber, shaped
from meshhub_pulumi.model.view import View


def _which(value: Any) -> str:
    keys = value if isinstance(value, dict) else getattr(type(value), "model_fields", ())
    return "<account>" if "service_account" in keys or "serviceAccount" in keys else "<matcher>"


Source = Annotated[
    Annotated[ServiceAccountRef, Tag("<account>")] | Annotated[IdentityMatcher, Tag("<matcher>")],
    Discriminator(_which),
]


AllowedPath = Annotated[str, shaped(r"\*|/[^*]*\*?|\*[^*]+", "must be a path: /exact, /prefix* or *suffix")]


class AccessPolicyArgs(KindArgs):
    """Lets `sources` (none named: any caller) call `destinations` (none named: every service).

    `paths` are exact, `prefix*` or `*suffix`; `methods` and `ports` (of the workload) as named; an empty list is no
    restriction. A service that any policy selects refuses every caller that no policy lets in.
    """

    destinations: Many[ServiceSelector] = ()
    sources: Many[Source] = ()
    paths: Many[AllowedPath] = ()
    methods: Many[Method] = ()
    ports: Many[PortNumber] = ()


def _attach(spec: Spec, view: View) -> Iterator[Produced | Target]:
    args = spec.args
    assert isinstance(args, AccessPolicyArgs)
    rule = AccessRule(
        f"{spec.namespace}/{spec.name}", tuple(args.sources), tuple(args.paths), tuple(args.methods), tuple(args.ports)
    )
    # what is not named but swept up can be without pods, such as the API server's own Service
    everything = () if args.destinations else view.fleet.services.items()
    keys = dict.fromkeys(key for key, service in everything if service.selector)
    if keys:
        yield finding("MH118", f"it applies to all {len(keys)} services", spec.owner)
    for index, selector in enumerate(args.destinations):
        at = spec.owner.at(f"destinations[{index}]")
        named = isinstance(selector, ServiceRef)
        found = [service.key for service in matching(view.fleet, selector) if named or service.selector]
        if not found:
            yield nothing_selected(selector, view, at)
        keys |= dict.fromkeys(found)
    for key in keys:
        yield Attachment(ServiceSite(key.cluster, view, key), "access", rule, spec.owner)


KIND = Kind(name="AccessPolicy", args=AccessPolicyArgs, carries=("access",), attach=_attach)
