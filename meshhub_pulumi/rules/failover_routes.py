"""Routes to a failover host: without retries and a timeout, requests fail or hang while it changes over.

The failover host's own route has both, but a route that sends there from another host is not that route.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.model.view import View
from meshhub_pulumi.rules.place import owner_of
from meshhub_pulumi.rules.routes import routes_of


def _check(view: View, manifests: Mapping[ManifestKey, Manifest]) -> Iterator[Finding]:
    hosts = {failover.hostname for failover in view.failovers.values()}
    for key, manifest in manifests.items() if hosts else ():
        if hosts & set(manifest.body["spec"].get("hosts", ())):
            continue
        for path, route in routes_of(manifest):
            sent_to = sorted({share["destination"]["host"] for share in route["route"]} & hosts)
            missing = [name for name in ("timeout", "retries") if name not in route]
            if sent_to and missing:
                message = f"the route to {', '.join(sent_to)} has no {' and no '.join(missing)}"
                field = "backendRefs" if key.kind == "HTTPRoute" else "route"
                yield finding("MH610", message, owner_of(manifest, view, f"{path}.{field}"))


RULE = Rule(name="failover_routes", codes=("MH610",), check=_check)
